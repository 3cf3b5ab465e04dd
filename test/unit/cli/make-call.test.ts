import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { calledAs } from '../../../cli/src/make-call.ts';

const dir = realpathSync(mkdtempSync(join(tmpdir(), 'azl-test-')));
afterAll(() => rmSync(dir, { recursive: true }));
const mine = join(dir, "it's mine");
const azl = join(dir, 'azl');
const deep = join(dir, 'deep/er');
for (const folder of [mine, azl, deep]) mkdirSync(folder, { recursive: true });
symlinkSync(deep, join(mine, 'link'));

const called = (words: string[], cwd: string, pwd?: string) => {
  const { command, workspace } = calledAs(['make', ...words], cwd, pwd === undefined ? [] : [pwd]);
  return [command, workspace];
};

describe('the folder in which the user stands', () => {
  it.each<[string[], string, string | undefined, string, string]>([
    [['image'], azl, azl, 'make', azl],
    [['image'], azl, mine, 'make', azl], // PWD was left by a program that changed its folder
    [['-C', '../azl', 'image'], azl, mine, 'make -C ../azl', mine],
    [['-C../azl', 'image'], azl, mine, 'make -C ../azl', mine],
    [['-skC', '../azl'], azl, mine, 'make -C ../azl', mine],
    [['--directory=../azl'], azl, mine, 'make -C ../azl', mine],
    [['image', '--directory', '../azl', '--no-print-directory'], azl, mine, 'make -C ../azl', mine],
    [['-C', '..', '-C', 'azl', 'image'], azl, mine, 'make -C .. -C azl', mine],
    [['-C', '../azl', '-f', 'Makefile'], azl, mine, 'make -C ../azl -f Makefile', mine],
    [['-C', "it's mine/../azl"], azl, dir, "make -C 'it'\\''s mine/../azl'", dir],
    [['-C', 'link/..'], join(dir, 'deep'), mine, 'make -C link/..', mine],
    [['-C', azl], azl, mine, `make -C ${azl}`, mine],
    [['-C', '.'], azl, azl, 'make', azl],
    [['-C', '', 'image'], azl, mine, 'make', azl],
    [['--dir=../azl'], azl, mine, 'make -C ../azl', mine],
    [['--di', '../azl'], azl, mine, 'make -C ../azl', mine],
    // Nothing tells it.
    [['-C', '../azl'], azl, undefined, 'make', azl],
    [['-C', '../azl'], azl, deep, 'make', azl],
    [['-C', azl], azl, join(dir, 'gone'), 'make', azl],
    [['-C', azl], azl, 'relative', 'make', azl],
    [['-f', '../azl/Makefile', 'image'], mine, mine, 'make -f ../azl/Makefile', mine],
    [['--makefile=../azl/Makefile'], mine, mine, 'make -f ../azl/Makefile', mine],
    [['image', 'A=-C', '-j', '4', '-j4', '--', '-C'], azl, mine, 'make', azl],
    [['-I', '-C', '-o', '-C', 'x'], azl, mine, 'make', azl],
  ])('make %j in %s with PWD %s: %s', (words, cwd, pwd, shown, workspace) => {
    expect(called(words, cwd, pwd)).toEqual([shown, workspace]);
  });

  it.each<[string[], string | undefined, boolean]>([
    [['image'], undefined, false],
    [['-C', '../azl'], mine, false],
    [['-C', '../azl'], undefined, true],
    [['-C', '../azl'], deep, true],
    [['-f', '../azl/Makefile'], undefined, false],
  ])('that nothing tells is said: make %j with PWD %s', (words, pwd, isLost) => {
    expect(calledAs(['make', ...words], azl, pwd === undefined ? [] : [pwd]).isLost).toBe(isLost);
  });

  it('is the first one from which -C leads to where make works', () => {
    expect(calledAs(['make', '-C', '../azl'], azl, [deep, join(dir, 'gone'), mine, dir]).workspace).toBe(
      mine,
    );
  });
});
