import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';

const module = join(import.meta.dirname, '../../../src/shared/host/flush-output.ts');

/** Starts a program that prints 4 MiB on both streams, waits for its readers, and exits. */
const start = () =>
  spawn(
    process.execPath,
    [
      ...['--input-type=module', '-e'],
      `const { flushOutput } = await import(${JSON.stringify(module)});
       for (const stream of [process.stdout, process.stderr]) stream.write('x'.repeat(4 * 1024 ** 2));
       await flushOutput();
       process.exit(3);`,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );

it('a process that exits has handed all its output to a slow reader', async () => {
  const child = start();
  const lengths = [child.stdout, child.stderr].map(async (stream) => {
    let length = 0;
    for await (const chunk of stream) {
      length += (chunk as Buffer).length;
      await setTimeout(5);
    }
    return length;
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(3);
  expect(await Promise.all(lengths)).toEqual([4 * 1024 ** 2, 4 * 1024 ** 2]);
});

it('a process that exits does not wait for a reader that is gone', async () => {
  const child = start();
  child.stdout.destroy();
  child.stderr.destroy();
  await once(child, 'exit');
});
