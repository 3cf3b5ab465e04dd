import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shellWord } from '../../../src/shared/base/shell-word.ts';

it.each([
  ['/build/out', '/build/out'],
  ['a b', "'a b'"],
  ["it's", "'it'\\''s'"],
  ['', "''"],
])('%j is written %s', (text, word) => {
  expect(shellWord(text)).toBe(word);
});

it('is one word to the shell, whatever the text', () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !text.includes('\0')),
      (text) => {
        expect(execFileSync('/bin/sh', ['-c', `printf %s ${shellWord(text)}`]).toString()).toBe(
          Buffer.from(text).toString(),
        );
      },
    ),
    { numRuns: 30 },
  );
});
