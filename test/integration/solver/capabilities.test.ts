import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { nameOf, satisfies } from '../../../src/shared/rpm/requirement.ts';
import { closeSolvers, names, over, rpm } from '../../support/real-solver.ts';

afterEach(closeSolvers);

describe('capabilities', () => {
  it('are read as the planner does', async () => {
    const words = [
      'x',
      'x(y)',
      'x(y z)',
      'lib.so.1()(64bit)',
      '=',
      '==',
      '>=',
      '=>',
      '<',
      '1',
      '1:1-1',
      '1~rc',
      '≥',
      '__proto__',
    ];
    const text = fc
      .array(fc.constantFrom(...words), { minLength: 1, maxLength: 3 })
      .chain((list) => fc.constantFrom(' ', '  ', '\t').map((blank) => list.join(blank)));
    const pairs = fc.sample(fc.tuple(text, text), { numRuns: 400, seed: 3 });
    const same = pairs.map(([one]) => [one, one] as const);
    const solver = await over([]);
    for (const [provide, wanted] of [...pairs, ...same]) {
      const local = [rpm({ name: 'p', provides: [provide] })];
      const { ok } = await solver.solve({ install: [wanted], local });
      // What rpm could not have written is a name that only the planner has.
      const isWritten = [provide, wanted].every((one) => !/\s/.test(nameOf(one)));
      expect(ok, `'${provide}' for '${wanted}'`).toBe(isWritten && satisfies(provide, wanted));
    }
  });
});

describe('of hostile RPMs', () => {
  it.each([
    ...[
      '(a if',
      'a (b',
      '((a)',
      '(a and b or c)',
      '(a b)',
      '()',
      'a ≥ 1 x',
      '(a\u0001 or b)',
      '(/a >= 1 or b)',
      '(foo(a or b)',
    ],
    `${'('.repeat(80)}a${')'.repeat(80)}`,
    `(${Array.from({ length: 14 }, (_, at) => `(a${at} and b)`).join(' or ')})`,
  ])('a requirement that cannot be read keeps its RPM out, and nothing else: %s', async (text) => {
    const local = [rpm({ name: 'bad', requires: [text] }), rpm({ name: 'good' })];
    const solver = await over([rpm({ name: 'a' }), rpm({ name: 'b' })]);
    expect(names(await solver.solve({ install: ['good'], local }))).toEqual(['*good-1.0-1']);
    const why = `'${text.slice(0, 200)}${text.length > 200 ? '…' : ''}'`;
    expect(await solver.solve({ install: ['bad'], local })).toMatchObject({
      ok: false,
      problems: expect.arrayContaining([`${why} of bad-1.0-1.x86_64 is no capability that can be read`]),
    });
    expect(await solver.solve({ install: [text], local })).toEqual({
      ok: false,
      problems: [`${why} is no capability that can be read`],
      missing: [],
    });
  });

  it('a requirement without end is refused soon', async () => {
    const solver = await over([]);
    const deep = `${'('.repeat(100_000)}a${')'.repeat(100_000)}`;
    const wide = `(${Array.from({ length: 10_000 }, (_, at) => `(a${at} and b)`).join(' or ')})`;
    for (const text of [deep, wide]) expect((await solver.solve({ install: [text] })).ok).toBe(false);
  });

  it('a path with blanks or parentheses is a path, and never a capability', async () => {
    const paths = [
      '/usr/share/x/script (dev).tmpl',
      '/usr/share/x/a >= 1',
      '/usr/share/(x)',
      '/usr/share/x and y',
    ];
    const solver = await over([
      rpm({ name: 'files', files: paths }),
      rpm({ name: 'script', files: ['/usr/share/x/script'] }),
    ]);
    const install = async (one: string) => names(await solver.solve({ install: [one] }));
    expect(await install('/usr/share/x/script')).toEqual(['script-1.0-1']);
    expect(await install('/usr/share/x/script (dev).tmpl')).toEqual(['files-1.0-1']);
    expect(await install('/usr/share/(x)')).toEqual(['files-1.0-1']);
    expect(await install('(/usr/share/(x) and /usr/share/x/script)')).toEqual([
      'files-1.0-1',
      'script-1.0-1',
    ]);
    expect(await solver.solve({ install: ['/usr/share/x/a'] })).toMatchObject({
      missing: ['/usr/share/x/a'],
    });
  });

  it('what they provide cannot stand for what a local RPM satisfies', async () => {
    const posing = [
      "\u0001local Term(name='x', relation=None, evr=None)",
      '\u0001request',
      '(x or y)',
      'x ≥',
    ];
    const solver = await over([rpm({ name: 'posing', provides: ['x', ...posing] })]);
    const local = [rpm({ name: 'real', provides: ['x'] })];
    expect(names(await solver.solve({ install: ['x'], local }))).toEqual(['*real-1.0-1']);
  });
});
