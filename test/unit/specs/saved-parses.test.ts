import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Reading } from '../../../src/shared/specs/answer.ts';
import { openParses, type Parses } from '../../../src/shared/specs/saved-parses.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const temporary = temporaryFolders();
const newFile = () => join(temporary(), 'parses.jsonl');
const question = (letter: string) => letter.repeat(64);
const reading = (output: string): Reading => ({
  ...{ digest: question('d'), ended: null, output, answers: [], opened: [], programs: [], named: [] },
});

describe('saved answers about specs', () => {
  it('are those that the run set; others are forgotten', async () => {
    const file = newFile();
    const first = await openParses(file, new Map());
    for (const letter of ['b', 'a']) first.set(question(letter), reading(letter));
    await first.save();
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(3);

    const known: Parses = new Map([[question('c'), reading('c')]]);
    const second = await openParses(file, known);
    expect([...known.keys()].map((one) => one[0]).sort()).toEqual(['a', 'b', 'c']);
    second.set(question('b'), second.get(question('b')) as Reading);
    second.set(question('c'), second.get(question('c')) as Reading);
    await second.save();
    const third: Parses = new Map();
    await openParses(file, third);
    expect(third).toEqual(new Map(['b', 'c'].map((letter) => [question(letter), reading(letter)])));
    expect([...known.keys()].map((one) => one[0]).sort()).toEqual(['b', 'c']);
  });

  it('are not written again when they are the same', async () => {
    const file = newFile();
    const first = await openParses(file, new Map());
    first.set(question('a'), reading('a'));
    await first.save();
    const { ino } = statSync(file);
    const second = await openParses(file, new Map());
    second.set(question('a'), second.get(question('a')) as Reading);
    await second.save();
    expect(statSync(file).ino).toBe(ino);
    const third = await openParses(file, new Map());
    third.set(question('a'), reading('a changed one'));
    await third.save();
    expect(readFileSync(file, 'utf8')).toContain('a changed one');
  });

  it.each([
    ['no JSON', '{\n'],
    ['null', 'null\n'],
    ['a question that is none', `${JSON.stringify({ question: '../a', reading: {} })}\n`],
    ['a list', '[1]\n'],
    ['an end within a line', '{"question":'],
  ])('are left out for %s', async (_what, text) => {
    const file = newFile();
    const good = JSON.stringify({ question: question('a'), reading: reading('a') });
    writeFileSync(file, `${good}\n${text}`);
    const known: Parses = new Map();
    await openParses(file, known);
    expect([...known.keys()]).toEqual([question('a')]);
  });

  it('may be absent', async () => {
    const file = newFile();
    await (await openParses(file, new Map())).save();
    expect(existsSync(file)).toBe(false);
  });
});
