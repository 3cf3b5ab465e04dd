import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyOf } from '../../../src/shared/cache-key/key.ts';
import { runTool } from '../../../src/shared/host/process.ts';
import type { Result } from '../../../src/shared/model/build-result.ts';
import { readIndex, writeIndex } from '../../../src/shared/store/index-lines.ts';
import { newIndex, type StoreIndex, seeResults } from '../../../src/shared/store/store-index.ts';
import { madeUpResult, madeUpRpm } from '../../support/made-up.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const temporary = temporaryFolders();
const digest = (letter: string) => letter.repeat(64);

/** The components of five results, in the order of their keys, by letter. */
const made = new Map(
  ['1', '2', '3', '4', '5']
    .map((spec) => ({ spec }))
    .sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
    .map((components, at) => ['abcde'[at] as string, components]),
);
const keyFor = (letter: string) => keyOf(made.get(letter) ?? {});
const letterOf = (key: string) => [...made.keys()].find((letter) => keyFor(letter) === key) ?? '?';
const result = (letter: string, name = 'app'): Result => ({
  ...madeUpResult(name, [madeUpRpm(name, { shipDigest: digest('b'), outputDigest: digest('c') })]),
  ...{ key: keyFor(letter), components: made.get(letter) ?? {} },
  srpm: { file: `${name}-1.0-1.src.rpm`, size: 1, shipDigest: digest('d') },
});
const index = (...seen: [letter: string, seen: number, name?: string][]): StoreIndex => {
  const all = newIndex();
  for (const [letter, when, name] of seen) seeResults(all, [result(letter, name)], when);
  return all;
};
const newFile = () => join(temporary(), 'index.jsonl');
const answer = { ok: true as const, installed: [{ origin: 'local' as const, file: 'a.rpm' }] };
const head = (results: number, answers = 0, parses = 0, generated = 0) => ({
  ...{ schema: 'azl/index', version: 4, onlyStored: false, results, answers, parses },
  generated,
});
/** Writes lines, each a value or a text. */
function written(...lines: unknown[]): string {
  const file = newFile();
  const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  writeFileSync(file, `${texts.join('\n')}\n`);
  return file;
}

describe('the file of an index', () => {
  it('is read as it was written, whatever was added first', async () => {
    const one = index(['a', 1], ['b', 2, 'lib']);
    const two = index(['b', 2, 'lib'], ['a', 1]);
    const [first, second] = [newFile(), newFile()];
    for (const all of [one, two]) {
      all.answers.set(digest('e'), answer);
      all.answers.set(digest('f'), { ok: false, problems: ['no'], missing: [] });
      all.parses.set(digest('a'), { digest: digest('b') });
      const requirements = ['lib-devel >= 1', 'python3dist(x)'];
      all.generated.set(digest('c'), { key: digest('c'), package: 'lib', requirements });
      all.dropped.add(digest('f'));
    }
    await writeIndex(first, one);
    await writeIndex(second, two);
    expect(readFileSync(first, 'utf8')).toBe(readFileSync(second, 'utf8'));
    const { index: read, errors } = await readIndex(first);
    expect(errors).toEqual([]);
    expect(read).toEqual({ ...one, dropped: new Set(), answers: new Map([[digest('e'), answer]]) });
  });

  it('is read over the bounds of its chunks, with characters of several bytes', async () => {
    const all = index(['a', 1], ['b', 2, 'lib']);
    const rpm = all.results.get(keyFor('a'))?.result.rpms[0];
    rpm?.files.push(...Array.from({ length: 40_000 }, (_, at) => `/usr/share/größe/${'é'.repeat(20)}${at}`));
    const file = newFile();
    await writeIndex(file, all);
    const { index: read, errors } = await readIndex(file);
    expect(errors).toEqual([]);
    expect(read.results).toEqual(all.results);
  });

  it.each<[string, () => string, RegExp]>([
    ['empty', () => written(''), /This is not JSON/],
    ['no JSON', () => written('{'), /This is not JSON/],
    ['null', () => written(null), /This is null/],
    ['of another version', () => written({ ...head(0), version: 2 }), /\$\.version/],
    ['short of a line', () => written(head(1)), /0 lines after its head, but expected 1/],
    ['longer than it says', () => written(head(0), head(0)), /1 lines after its head, but expected 0/],
    [
      'cut within a line',
      () => {
        const file = written(head(1));
        writeFileSync(file, '{"result"', { flag: 'a' });
        return file;
      },
      /ends within a line/,
    ],
    [
      'a folder',
      () => {
        const file = newFile();
        mkdirSync(file);
        return file;
      },
      /no plain file/,
    ],
    [
      'a link',
      () => {
        const file = newFile();
        symlinkSync(written(head(0)), file);
        return file;
      },
      /no plain file/,
    ],
    ['a list of errors', () => written(head(200), ...Array(200).fill(null)), /This is null/],
  ])('is refused when it is %s', async (_what, file, words) => {
    await expect(readIndex(file())).rejects.toThrow(words);
  });

  it('is refused when it is a pipe, without a writer to wait for', async () => {
    const file = newFile();
    await runTool(['mkfifo', file]);
    await expect(readIndex(file)).rejects.toThrow('no plain file');
  });

  const a = result('a');
  it.each<[string, unknown]>([
    ['nothing', null],
    ['no time', { result: a, stored: 'full' }],
    ['a key that is none', { result: { ...a, key: '../a' }, seen: 1, stored: 'full' }],
    ['a key of other components', { result: { ...a, key: digest('a') }, seen: 1, stored: 'full' }],
    ['other components', { result: { ...a, components: { spec: 'x' } }, seen: 1, stored: 'full' }],
    ['a package that is a path', { result: { ...a, package: '../etc' }, seen: 1, stored: 'full' }],
    ['an RPM that is a path', { result: { ...a, rpms: [madeUpRpm('../x')] }, seen: 1, stored: 'full' }],
    ['no SRPM', { result: { ...a, srpm: null }, seen: 1, stored: 'full' }],
    ['stored in parts that nobody knows', { result: a, seen: 1, stored: 'whole' }],
    ['there already', { result: result('b', 'lib'), seen: 2, stored: 'none' }],
  ])('leaves out a result that is %s, and keeps the others', async (_what, one) => {
    const good = { result: result('b', 'lib'), seen: 1, stored: 'full' };
    const { index: read, errors } = await readIndex(written(head(2), good, one));
    expect([...read.results]).toEqual([[keyFor('b'), good]]);
    expect(errors).toHaveLength(1);
  });

  it('takes only answers that make sense', async () => {
    const answers = [
      { question: digest('a'), answer },
      { question: 'a', answer },
      { question: digest('b'), answer: { ok: true, installed: [{ origin: 'elsewhere', file: 'a.rpm' }] } },
      { question: digest('c'), answer: { ok: true } },
      { question: digest('d'), answer: { ok: false, problems: [], missing: [] } },
      { question: digest('e'), answer: null },
    ];
    const { index: read, errors } = await readIndex(written(head(0, answers.length), ...answers));
    expect([...read.answers.keys()]).toEqual([digest('a')]);
    expect(errors).toHaveLength(5);
  });

  it('takes only generated requirements that can be some', async () => {
    const requirements = ['lib >= 1'];
    const generated = [
      { key: digest('a'), package: 'lib', requirements },
      { key: digest('b'), package: 'lib', requirements: ['two\nlines'] },
      { key: digest('c'), package: 'lib', requirements: [''] },
      { key: digest('d'), package: 'lib', requirements: Array(10_001).fill('lib') },
      { key: 'e', package: 'lib', requirements },
    ];
    const file = written(head(0, 0, 0, generated.length), ...generated);
    const { index: read, errors } = await readIndex(file);
    expect([...read.generated.values()]).toEqual(generated.slice(0, 1));
    expect(errors).toHaveLength(4);
  });

  it('holds answers about specs, which are checked where they are used', async () => {
    const parses = [
      { question: digest('a'), reading: { digest: 'x' } },
      { question: 'a', reading: {} },
      null,
    ];
    const { index: read, errors } = await readIndex(written(head(0, 0, parses.length), ...parses));
    expect([...read.parses]).toEqual([[digest('a'), { digest: 'x' }]]);
    expect(errors).toHaveLength(2);
  });

  it('is written as far as it fits: what is taken in any case, the newest of each package, what was seen last', async () => {
    const entries: [string, number, string][] = [
      ['a', 1, 'lib'],
      ['b', 2, 'app'],
      ['c', 3, 'app'],
      ['d', 4, 'app'],
      ['e', 4, 'app'],
    ];
    const size = (count: number) =>
      JSON.stringify([...index(...entries).results.values()].slice(0, count)).length;
    const stored = async (most: number, seen = entries, taken: string[] = []) => {
      const file = newFile();
      await writeIndex(file, index(...seen), new Set(taken.map(keyFor)), most);
      const { index: read, errors } = await readIndex(file);
      expect(errors).toEqual([]);
      return [...read.results.keys()].map(letterOf).join('');
    };
    expect(await stored(0)).toBe('');
    expect(await stored(size(2))).toBe('ad');
    expect(await stored(size(3))).toBe('ade');
    expect(await stored(size(4))).toBe('acde');
    expect(await stored(size(5))).toBe('abcde');
    expect(await stored(size(2), entries.toReversed())).toBe('ad');
    expect(await stored(0, entries, ['b', 'c'])).toBe('bc');
    expect(await stored(size(3), entries, ['b'])).toBe('abd');
  });
});
