import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { followFile, lineSplitter } from '../../../src/shared/image/boot-test/follow-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'azl-follow-'));
afterAll(() => rmSync(dir, { recursive: true }));

function splitAll(chunks: readonly Buffer[]): string[] {
  const lines: string[] = [];
  const split = lineSplitter((line) => lines.push(line));
  for (const chunk of chunks) split(chunk);
  return lines;
}

it('splits lines the same way, however their bytes are cut into chunks', () => {
  const text = fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '\n', '𝄞', '>') }), { maxLength: 20 });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 7 }), (parts, size) => {
      const whole = Buffer.from(`${parts.join('\n')}\n`);
      const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, index) =>
        whole.subarray(index * size, (index + 1) * size),
      );
      expect(splitAll(pieces)).toEqual(whole.toString().split('\n').slice(0, -1));
    }),
  );
});

it('passes on no line of more than 4096 characters, and keeps no more of one that never ends', () => {
  const lines: string[] = [];
  const split = lineSplitter((line) => lines.push(line));
  for (let count = 0; count < 100; count++)
    expect(split(Buffer.alloc(1000, 'x')).rest.length).toBeLessThanOrEqual(4096);
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) expect(line.length).toBe(4096);
});

it('passes on all of a longer line, in pieces that say so, however its bytes are cut into chunks', () => {
  const text = `one\n${'y'.repeat(10_000)}\n\n${'z'.repeat(4096)}\ntwo\n`;
  for (const size of [text.length, 10_004, 5000, 4096, 999]) {
    const lines: [string, boolean][] = [];
    const split = lineSplitter((line, isRest) => lines.push([line, isRest]));
    for (let at = 0; at < text.length; at += size) split(Buffer.from(text.slice(at, at + size)));
    expect(lines).toEqual([
      ['one', false],
      ['y'.repeat(4096), false],
      ['y'.repeat(4096), true],
      ['y'.repeat(10_000 - 2 * 4096), true],
      ['', false],
      ['z'.repeat(4096), false],
      ['two', false],
    ]);
  }
});

it('passes on the bytes of a file up to a limit, and what no line holds yet', async () => {
  const path = join(dir, 'console');
  writeFileSync(path, 'one\ngrub> ');
  const lines: string[] = [];
  let bytes = '';
  const read = followFile(
    path,
    20,
    (line) => lines.push(line),
    async (chunk) => (bytes += chunk),
  );
  expect(await read()).toEqual({ bytes: 10, unfinished: 'grub> ' });
  expect(lines).toEqual(['one']);
  appendFileSync(path, 'and so on, for ever and ever');
  expect(await read()).toEqual({ bytes: 20, unfinished: 'grub> and so on,' });
  expect(await read()).toEqual({ bytes: 20, unfinished: 'grub> and so on,' });
  expect(lines).toEqual(['one']);
  expect(bytes).toBe('one\ngrub> and so on,');
});
