import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Inputs, runBundle, startBundle } from '../support/bundle.ts';
import { tinyPackages, writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { leftBehind, newWorkspace, removeWorkspace, statesOf } from '../support/workspace.ts';

let dir: string;
let inputs: Inputs;

beforeEach(async () => {
  dir = newWorkspace();
  await writeTree(join(dir, 'SPECS'), tinyPackages());
  inputs = { 'toolchain-dir': (await testWorker()).dir };
});
afterEach(async () => await removeWorkspace(dir));

describe('a build folder', () => {
  it('may lie on another file system than the store', async () => {
    const elsewhere = mkdtempSync('/dev/shm/azl-test-');
    try {
      const run = await runBundle('build-packages', { ...inputs, 'build-dir': elsewhere }, dir);
      expect(run.code, run.said).toBe(0);
      const again = await runBundle('build-packages', { ...inputs, 'build-dir': elsewhere }, dir);
      expect(again.outputs).toMatchObject({ built: '0', reused: '5' });
    } finally {
      await removeWorkspace(elsewhere);
    }
  });

  it('belongs to one run at a time: a second one says whose it is, and disturbs nothing', async () => {
    const first = startBundle('build-packages', inputs, dir);
    const atWork = new Promise<void>((resolve) => {
      first.child.stdout.on('data', (chunk: Buffer) => {
        if (chunk.toString('utf8').includes('building (')) resolve();
      });
    });
    await Promise.race([atWork, first.ended]);
    // However slow the second one starts: the first is still at work.
    process.kill(first.child.pid as number, 'SIGSTOP');
    const trying = runBundle('build-packages/plan', { ...inputs, 'out-dir': 'other' }, dir);
    const second = await trying.finally(() => process.kill(first.child.pid as number, 'SIGCONT'));
    expect(second.code).toBe(1);
    expect(second.said).toContain(
      `Another azl (process ${first.child.pid}) is at work in 'build'. Wait for it`,
    );
    const { code, said } = await first.ended;
    expect(code, said).toBe(0);
    expect(Object.values(statesOf(dir))).toEqual(Array(5).fill('built'));
    expect(leftBehind(dir)).toEqual([]);
    expect((await runBundle('build-packages/plan', inputs, dir)).code).toBe(0);
  });
});

describe('a spec with a fault', () => {
  const broken = { SPEC: 'Name: broken\n%if 1\n' };

  it('fails alone, stops a run whose list needs it, and is left out by one whose list does not', async () => {
    await writeTree(join(dir, 'SPECS'), { broken: { spec: broken.SPEC } });
    const all = await runBundle('build-packages', inputs, dir);
    expect(all.code).toBe(1);
    expect(all.said).toContain('file=SPECS/broken/broken.spec');
    expect(statesOf(dir)).toMatchObject({ alpha: 'built', broken: 'failed' });
    const strict = await runBundle('build-packages', { ...inputs, 'strict-specs': 'true' }, dir);
    expect(strict.code).toBe(1);
    expect(strict.said).not.toContain('building (');
    const named = await runBundle('build-packages', { ...inputs, 'package-build-list': 'alpha broken' }, dir);
    expect(named.code).toBe(1);
    expect(named.said).not.toContain('building (');
    const other = await runBundle('build-packages', { ...inputs, 'package-build-list': 'alpha' }, dir);
    expect(other.code, other.said).toBe(0);
    expect(other.said).toMatch(
      /::warning file=SPECS\/broken\/broken\.spec.*This run does not need it: left out/,
    );
    expect(Object.keys(statesOf(dir))).toEqual(['alpha', 'tiny-macros']);
  });
});
