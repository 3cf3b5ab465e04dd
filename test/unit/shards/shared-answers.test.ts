import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findProblem } from '../../../src/shared/base/validate.ts';
import {
  readAnswers,
  shareAnswers,
  sharedAnswerSchema,
} from '../../../src/shared/shards/protocol/shared-answers.ts';
import type { SolverAnswer } from '../../../src/shared/solver/solver.ts';

const none = () => false;
const digest = (letter: string) => letter.repeat(64);
const base = ['gcc-13-1.x86_64.rpm', 'glibc-2-1.x86_64.rpm', 'make-4-1.x86_64.rpm'];

/** An answer as the solver writes it: by file, then by origin. */
function answer(local: readonly string[], toolchain: readonly string[]): SolverAnswer {
  const installed = [
    ...local.map((file) => ({ origin: 'local' as const, file })),
    ...toolchain.map((file) => ({ origin: 'toolchain' as const, file })),
  ];
  const key = (one: { origin: string; file: string }) => `${one.file} ${one.origin}`;
  return { ok: true, installed: installed.sort((a, b) => (key(a) < key(b) ? -1 : 1)) };
}

describe('answers of the solver for other jobs', () => {
  it('are read as they were written', () => {
    const file = fc.constantFrom('a-1-1.noarch.rpm', 'b+x-1-1.x86_64.rpm', 'B-1~rc-1.x86_64.rpm', ...base);
    const files = fc.uniqueArray(file);
    const question = fc.constantFrom(...'abcdef').map(digest);
    const answers = fc.array(
      fc.tuple(
        question,
        fc.tuple(files, files).map(([a, b]) => answer(a, b)),
      ),
    );
    fc.assert(
      fc.property(
        answers.map((pairs) => new Map(pairs)),
        (given) => {
          const text = JSON.stringify(shareAnswers(given, base));
          expect(readAnswers(JSON.parse(text), base, none)).toEqual(given);
        },
      ),
    );
  });

  it('are small: the base is not in them', () => {
    const given = new Map([
      [digest('a'), answer(['lib-1-1.x86_64.rpm'], ['tar-1-1.x86_64.rpm', ...base.slice(1)])],
    ]);
    expect(shareAnswers(given, base)).toEqual([
      {
        question: digest('a'),
        without: ['gcc-13-1.x86_64.rpm'],
        toolchain: ['tar-1-1.x86_64.rpm'],
        local: ['lib-1-1.x86_64.rpm'],
      },
    ]);
  });

  it('are no more than fit, and those found last come first; refusals are left out', () => {
    const local = Array.from({ length: 1000 }, (_, at) => `a-package-of-some-length-${at}-1-1.x86_64.rpm`);
    const given = new Map(
      Array.from(
        { length: 100 },
        (_, at) => [at.toString(16).padStart(64, '0'), answer(local, base)] as const,
      ),
    );
    const shared = shareAnswers(given, base);
    expect(JSON.stringify(shared).length).toBeLessThan(2_000_000 + 2);
    expect(shared.length).toBeGreaterThan(30);
    expect(shared.at(-1)?.question).toBe((99).toString(16).padStart(64, '0'));
    expect(shareAnswers(new Map([['q', { ok: false, problems: ['no'], missing: [] }]]), base)).toEqual([]);
  });

  it('are read only where they are not known', () => {
    const given = new Map(
      [digest('a'), digest('b')].map((question) => [question, answer([], base)] as const),
    );
    const isKnown = (question: string) => question === digest('a');
    expect([...readAnswers(shareAnswers(given, base), base, isKnown).keys()]).toEqual([digest('b')]);
  });

  const good = { question: digest('a'), without: [], toolchain: [], local: ['lib-1-1.x86_64.rpm'] };

  it.each([
    ['a text', 'x'],
    ['null', null],
    ['a question that is no digest', { ...good, question: '__proto__' }],
    ['a file that is a path', { ...good, local: ['../../etc/passwd'] }],
    ['a file that is a number', { ...good, toolchain: [1] }],
    ['a list that is a text', { ...good, without: 'x' }],
    ['a list that is absent', { ...good, local: undefined }],
    ['more files than any root has', { ...good, local: Array(10_001).fill('a.rpm') }],
  ])('are refused when one is %s', (_, one) => {
    expect(findProblem(sharedAnswerSchema, good)).toBeUndefined();
    expect(findProblem(sharedAnswerSchema, one)).toBeDefined();
  });
});
