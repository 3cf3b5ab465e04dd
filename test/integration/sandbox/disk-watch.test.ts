import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runTool } from '../../../src/shared/host/process.ts';
import { littleDisk } from '../../support/little-space.ts';

const dir = mkdtempSync(join(tmpdir(), 'azl-disk-watch-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** Writes 760 MiB, at some 400 MB/s: a disk so small would be full before anything could look at it. */
const slowWriter = 'for i in {1..190}; do head -c 4M /dev/zero || exit; sleep 0.01; done';

it.each([
  ['a tool of the host, in the file that it is given', 'file'],
  ['a tool of the host, in the folder that it is given', 'folder'],
])('%s, cannot write until the disk is full', async (_what, kind) => {
  const place = join(dir, kind);
  mkdirSync(place);
  const module = join(import.meta.dirname, '../../../src/shared/sandbox/host-tool.ts');
  const target = kind === 'file' ? '/azl/out' : '/azl/out/file';
  const script = `
    const { runHostTool } = await import(${JSON.stringify(module)});
    const { mkdirSync, statfsSync, writeFileSync } = await import('node:fs');
    const source = '${place}/out';
    ${kind === 'file' ? "writeFileSync(source, '')" : 'mkdirSync(source)'};
    const argv = ['bash', '-c', ${JSON.stringify(`exec >${target}\n${slowWriter}`)}];
    const binds = [{ source, target: '/azl/out', writable: true }];
    const ended = await runHostTool(argv, { as: 'root', binds }).then(() => 'well', (error) => error.message);
    const { bavail, bsize } = statfsSync(source);
    console.log(JSON.stringify({ ended, free: bavail * bsize }));
    process.exit();`;
  const argv = [...littleDisk(place, 600), process.execPath, '--input-type=module', '-e', script];
  const { ended, free } = JSON.parse((await runTool(argv, { timeoutSeconds: 300 })).stdout);
  expect(ended).toMatch(/^wrote to the disk until only .* of it were free$/);
  expect(free).toBeGreaterThan(50 * 1024 ** 2);
});
