import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  essentials,
  openRun,
  partsOf,
  plan,
  prepare,
  resultOf,
  runAll,
  treeOf,
} from '../../../bench/plan/engine.ts';
import { type FactRpm, type FactSpec, treeOf as factsOf } from '../../../bench/plan/facts.ts';
import { fakeSolver } from '../../../bench/plan/fake-solver.ts';
import { missedGoals, type PlanResults, planFigures } from '../../../bench/plan/figures.ts';
import { type TreeResults, treeFigures } from '../../../bench/plan/tree-figures.ts';
import { repository } from '../../../scripts/build-dist.ts';
import { withBlock } from '../../../scripts/markdown.ts';
import type { Result } from '../../../src/shared/model/build-result.ts';
import type { SolverAnswer } from '../../../src/shared/solver/solver.ts';

function rpm(name: string, requires: string[] = []): FactRpm {
  return {
    ...{ file: `${name}-1-1.x86_64.rpm`, name, version: '1', release: '1', arch: 'x86_64' },
    ...{ provides: [`${name} = 1-1`], requires, revealedProvides: [], revealedRequires: [] },
  };
}

function spec(name: string, buildRequires: string[], rpms: FactRpm[]): FactSpec {
  return {
    ...{ package: name, path: `SPECS/${name}/${name}.spec`, sourceRpm: `${name}-1-1.src.rpm` },
    ...{ sources: [`${name}.tar.gz`], patches: [], buildRequires, rpms },
  };
}

/** `app` needs `zlib`, `zlib` needs `app` to build (which closes a cycle) and `/usr/bin/tool`, which nothing has. */
const made = () => [
  spec('app', ['zlib-devel >= 1', '(never if other)'], [rpm('app', ['/bin/sh']), rpm('app-devel')]),
  spec('zlib', ['app', '/usr/bin/tool'], [rpm('zlib'), rpm('zlib-devel', ['zlib = 1-1'])]),
];

describe('the facts', () => {
  const facts = factsOf(made(), [spec('base', [], [rpm('base', ['other = 2'])])], 2, ['gcc']);

  it('have an order of builds, without the BuildRequires that closes a cycle', () => {
    expect(facts.specs.map((one) => [one.package, one.buildRequires])).toEqual([
      ['zlib', ['/usr/bin/tool']],
      ['app', ['zlib-devel >= 1', '(never if other)']],
    ]);
    expect(facts.leftOut).toBe(1);
    expect(factsOf(made(), [], 1, []).specs.map((one) => one.package)).toEqual(['zlib']);
  });

  it('have a made-up RPM that provides what nothing else does', () => {
    const [base, rest] = facts.toolchain;
    expect(base?.name).toBe('base');
    expect(rest?.provides).toEqual(['/bin/sh', '/usr/bin/tool', 'gcc', 'never', 'other']);
  });

  it('have what builds reveal of libraries', () => {
    const [zlib, app] = facts.specs;
    expect(zlib?.rpms.map((one) => [one.revealedProvides, one.revealedRequires])).toEqual([
      [['libzlib.so.1()(64bit)'], []],
      [['pkgconfig(zlib) = 1'], ['libzlib.so.1()(64bit)']],
    ]);
    expect(app?.rpms.map((one) => one.revealedRequires)).toEqual([
      ['libzlib.so.1()(64bit)'],
      ['libapp.so.1()(64bit)', 'pkgconfig(zlib)'],
    ]);
  });
});

it('a tree of facts is built in whole, and then reused in whole without a solver', async () => {
  const facts = factsOf(made(), [], 2, essentials);
  const answers = new Map<string, SolverAnswer>();
  let asked = 0;
  const inner = fakeSolver(() => parts.toolchain);
  const solver = {
    ...inner,
    solve: (request: Parameters<typeof inner.solve>[0]) => {
      asked++;
      return inner.solve(request);
    },
  };
  const parts = partsOf(facts, answers, solver);
  const tree = treeOf(parts);
  const prepared = await prepare(tree);
  expect(await plan(openRun(tree, prepared, []))).toEqual({ build: 1, maybe: 1 });
  const results: Result[] = [];
  let steps = 0;
  const counts = await runAll(
    tree,
    prepared,
    (name, ready) => {
      results.push(resultOf(facts.specs.find((one) => one.package === name) as FactSpec, ready));
      return results.at(-1) as Result;
    },
    async (work) => {
      steps++;
      await work();
    },
    2,
  );
  expect([counts, steps, results.map((one) => one.package)]).toEqual([{ built: 2 }, 3, ['zlib', 'app']]);
  const before = asked;
  const again = treeOf(partsOf(facts, answers, solver));
  expect(await plan(openRun(again, await prepare(again), results))).toEqual({ reuse: 2 });
  expect(asked).toBe(before);
});

describe('the figures', () => {
  const phase = { cpuSeconds: 0.9, blockedSeconds: 0.1 };
  const row = {
    ...{
      specs: 1540,
      graph: phase,
      cold: phase,
      run: phase,
      warm: phase,
      megabytes: 300,
      warmMegabytes: 400,
    },
    resolving: { steps: 1540, sum: 9, worst: 0.04, slow: 0 },
  };

  it.each([
    [row, []],
    [{ ...row, warm: { ...phase, cpuSeconds: 1.5 } }, ['CPU seconds of the warm plan: 1.5 of at most 1']],
    [
      { ...row, run: undefined, warmMegabytes: 501 },
      [
        'seconds of resolving: Infinity of at most 10',
        'MB of memory: 501 of at most 500',
        'seconds of a blocked event loop: Infinity of at most 0.2',
      ],
    ],
  ])('name each goal that is missed: %#', (one, missed) => {
    expect(missedGoals(one)).toEqual(missed);
  });

  it('say that a size was ended', () => {
    const { run: _, warm: __, ...ended } = { ...row, endedAfterSeconds: 500 };
    const text = planFigures({
      rows: [ended],
      command: 'make',
      commit: 'c',
      machine: 'm',
    } as unknown as PlanResults);
    expect(text).toContain('| 1540  | 0.90 s | 0.90 s');
    expect(text).toContain('9.00 s for 1540 builds, then ended');
    expect(text).toContain('over 500 s');
  });

  it('of a real tree in docs/azure-linux.md are those of bench/plan/tree.json', () => {
    const results = JSON.parse(readFileSync(join(repository, 'bench/plan/tree.json'), 'utf8')) as TreeResults;
    expect(results.rows.map(({ specs }) => specs > 1540)).toEqual([false, false, false, true]);
    const page = readFileSync(join(repository, 'docs/azure-linux.md'), 'utf8');
    expect(page).toContain('<!-- bench-tree -->');
    expect(page).toBe(withBlock(page, 'bench-tree', `\n${treeFigures(results)}\n`));
  });

  it('in docs/testing.md are those of bench/plan/results.json', () => {
    const results = JSON.parse(
      readFileSync(join(repository, 'bench/plan/results.json'), 'utf8'),
    ) as PlanResults;
    expect(results.rows.map(({ specs }) => specs)).toEqual([100, 400, 1404, 1540, 3063]);
    const page = readFileSync(join(repository, 'docs/testing.md'), 'utf8');
    expect(page).toContain('<!-- bench-plan -->');
    expect(page).toBe(withBlock(page, 'bench-plan', `\n${planFigures(results)}\n`));
  });
});
