import { afterEach, describe, expect, it } from 'vitest';
import type { SolverAnswer } from '../../../src/shared/solver/solver.ts';
import { closeSolvers, names, over, rpm } from '../../support/real-solver.ts';

afterEach(closeSolvers);

function problems(answer: SolverAnswer): string {
  if (answer.ok) throw new Error(`it took ${names(answer)}`);
  return answer.problems.join('\n');
}

describe('BuildConflicts', () => {
  const old = rpm({ name: 'old-engine', provides: ['engine = 1'] });
  const young = rpm({ name: 'young-engine', provides: ['engine = 2'] });

  it('keep a provider out: the other one is taken, wherever they come from', async () => {
    for (const conflicts of [['young-engine'], ['engine > 1'], ['young-engine >= 0.5']]) {
      const fresh = await over([]);
      const found = await fresh.solve({ install: ['engine'], conflicts, local: [old, young] });
      expect(names(found), `${conflicts}`).toEqual(['*old-engine-1.0-1']);
      for (const mode of ['bootstrap', 'download'] as const) {
        const stocked = await over([old, young], mode);
        expect(names(await stocked.solve({ install: ['engine'], conflicts }))).toEqual(['old-engine-1.0-1']);
        const mixed = await over([old], mode);
        const answer = await mixed.solve({ install: ['old-engine'], conflicts, local: [young] });
        expect(names(answer)).toEqual(['old-engine-1.0-1']);
      }
    }
  });

  it('of two versions of one name leave the older', async () => {
    const solver = await over([]);
    const local = ['1-1', '2-1', '3-1'].map((evr) => rpm({ name: 'lib', evr }));
    expect(names(await solver.solve({ install: ['lib'], local }))).toEqual(['*lib-3-1']);
    expect(names(await solver.solve({ install: ['lib'], conflicts: ['lib >= 3'], local }))).toEqual([
      '*lib-2-1',
    ]);
  });

  it('that leave no provider are an error which names it', async () => {
    const solver = await over([]);
    const answer = await solver.solve({ install: ['engine'], conflicts: ['engine'], local: [old, young] });
    expect(problems(answer)).toContain("the request conflicts with old-engine-1.0-1.x86_64 ('engine')");
  });

  it.each([
    'bootstrap',
    'download',
  ] as const)('drop an RPM of the base, with what needs it (%s)', async (mode) => {
    const helper = rpm({ name: 'helper' });
    const user = rpm({ name: 'user', requires: ['helper'] });
    const other = rpm({ name: 'other' });
    const stock = [helper, user, other];
    const solver = await over(stock, mode);
    const base = stock.map(({ file }) => file);
    expect(names(await solver.solve({ conflicts: ['helper'], base }))).toEqual(['other-1.0-1']);
    expect(names(await solver.solve({ conflicts: ['helper < 1'], base }))).toHaveLength(3);
    const answer = await solver.solve({ install: ['user'], conflicts: ['helper'], base });
    expect(problems(answer)).toContain('the request conflicts with helper-1.0-1.x86_64');
    expect(problems(answer)).toContain("user-1.0-1.x86_64 needs 'helper'");
  });

  it('may be rich, or name a path', async () => {
    const tools = [rpm({ name: 'one', files: ['/usr/bin/tool'] }), rpm({ name: 'two' })];
    const solver = await over(tools);
    const base = tools.map(({ file }) => file);
    const kept = async (conflict: string) => names(await solver.solve({ conflicts: [conflict], base }));
    expect(await kept('/bin/tool')).toEqual(['two-1.0-1']);
    expect(await kept('(one and three)')).toEqual(['one-1.0-1', 'two-1.0-1']);
    expect(await kept('(one and two)')).toHaveLength(1);
    expect(await kept('(one unless two)')).toEqual(['one-1.0-1', 'two-1.0-1']);
    expect(await kept('(one without two)')).toEqual(['two-1.0-1']);
  });

  it('that cannot be read are an error', async () => {
    const solver = await over([]);
    expect(problems(await solver.solve({ conflicts: ['(a and'] }))).toBe(
      "'(a and' is no capability that can be read",
    );
  });
});

describe('Conflicts of RPMs', () => {
  it.each([
    ['lib < 2', ['*app-1.0-1', '*lib-2-1']],
    ['lib', undefined],
    ['(lib and tool)', undefined],
    ['(lib with other)', ['*app-1.0-1', '*lib-2-1', '*tool-1.0-1']],
    ['(lib unless tool)', ['*app-1.0-1', '*lib-2-1', '*tool-1.0-1']],
    ['(lib without other)', undefined],
  ])('are kept: %s', async (conflict, expected) => {
    const solver = await over([]);
    const local = [
      rpm({ name: 'app', conflicts: [conflict] }),
      rpm({ name: 'lib', evr: '2-1' }),
      rpm({ name: 'tool' }),
    ];
    const install = conflict.startsWith('(') ? ['app', 'lib', 'tool'] : ['app', 'lib'];
    const answer = await solver.solve({ install, local });
    if (expected === undefined) expect(problems(answer)).toContain('app-1.0-1.x86_64 conflicts with ');
    else expect(names(answer)).toEqual(expected);
  });

  it('choose another provider, and drop what the base has', async () => {
    const solver = await over([rpm({ name: 'held' }), rpm({ name: 'free' })]);
    const local = [
      rpm({ name: 'app', requires: ['engine'], conflicts: ['young-engine', 'held'] }),
      rpm({ name: 'old-engine', provides: ['engine = 1'] }),
      rpm({ name: 'young-engine', provides: ['engine = 2'] }),
    ];
    const base = ['held-1.0-1.x86_64.rpm', 'free-1.0-1.x86_64.rpm'];
    expect(names(await solver.solve({ install: ['app'], base, local }))).toEqual([
      '*app-1.0-1',
      'free-1.0-1',
      '*old-engine-1.0-1',
    ]);
  });
});
