import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundles, repository } from '../../../scripts/build-dist.ts';
import { runTool } from '../../../src/shared/host/process.ts';

/** Loads the chunk as its entries do, with everything that it reads beside itself, and names what it offers. */
const load = "console.log(JSON.stringify(Object.keys(await import('./dist/code/index.js'))))";

describe('a bundle that was copied elsewhere, without its sources', () => {
  it.each(bundles())('$folder finds all it needs, and has each of its entries', async ({
    folder,
    entries,
  }) => {
    const dir = mkdtempSync(join(tmpdir(), 'azl-alone-'));
    try {
      const dist = join(repository, folder, 'dist');
      // The bundler may take whole folders along that a path in the code seems to name.
      const folders = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((one) =>
        one.isDirectory(),
      );
      expect(folders.map(({ name }) => name)).toEqual(['code']);
      cpSync(dist, join(dir, 'dist'), { recursive: true });
      const { stdout } = await runTool([process.execPath, '--input-type=module', '-e', load], { cwd: dir });
      expect(JSON.parse(stdout)).toEqual(expect.arrayContaining(Object.values(entries)));
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
