import { describe, expect, it } from 'vitest';
import type { Toolchain } from '../../../src/shared/model/toolchain.ts';
import { planBuilds } from '../../../src/shared/planner/engine.ts';
import { prebuiltPackage, withNeeds } from '../../../src/shared/planner/goals.ts';
import { planJson } from '../../../src/shared/planner/plan-json.ts';
import { makeTree } from '../../../src/shared/solver/solve-root.ts';
import { madeUpResult, madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';
import { base, essentials, memoryStore, solveOn } from '../../support/made-up-engine.ts';

/** gcc and its library need each other, as packages of a toolchain may; app and tool are of the tree alone. */
const specs = [
  madeUpSpec('gcc', ['glibc-devel', 'bison'], { gcc: {}, libgcc: {} }),
  madeUpSpec('glibc', ['gcc'], { glibc: {}, 'glibc-devel': { requires: ['libgcc'] } }),
  madeUpSpec('bison', ['gcc']),
  madeUpSpec('tool', ['gcc']),
  madeUpSpec('app', ['glibc-devel', 'tool']),
];
const rpms = ['gcc', 'libgcc', 'glibc', 'glibc-devel', 'bison'].map((name) =>
  madeUpRpm(name, name === 'glibc-devel' ? { requires: ['libgcc'] } : {}),
);

/** Plans the tree on a toolchain that has other versions of some RPMs. */
async function plan(others: readonly string[], more: { mode?: Toolchain['mode']; rebuild?: string[] } = {}) {
  const { mode = 'download', rebuild = [] } = more;
  const given = rpms.map((rpm) =>
    others.includes(rpm.name) ? madeUpRpm(rpm.name, { version: '0.9' }) : rpm,
  );
  const toolchain = { ...madeUpToolchain([base, essentials, ...given]), mode };
  const tree = makeTree(
    {
      specs,
      toolchain,
      solver: { solve: async (request) => await solveOn(toolchain.rpms, request) },
      sources: async () => ({}),
      defines: {},
    },
    undefined,
    rebuild,
  );
  const names = await withNeeds(tree.declared, [...tree.declared.specs.keys()]);
  const run = {
    ...{ names, goals: names, prebuilt: [...tree.prebuilt].sort(), rebuild: new Set<string>() },
    ...{ priority: new Map(), seconds: new Map(), failures: new Map() },
  };
  const store = memoryStore();
  const found = await planBuilds({ tree, store, run, log: { warn: () => {} } });
  return { tree, run, store, found };
}

const states = ({ found }: Awaited<ReturnType<typeof plan>>) =>
  Object.fromEntries(
    [...found].map(([name, { state, reason }]) => [name, state === 'build' ? state : `${state}: ${reason}`]),
  );

const installed = ({ found }: Awaited<ReturnType<typeof plan>>, name: string) => {
  const one = found.get(name);
  return one?.state === 'build' ? one.build.packages : one?.state;
};

describe('a package whose RPMs the toolchain has', () => {
  it('is not built, and those of the tree are built on the toolchain', async () => {
    const all = await plan([]);
    expect(states(all)).toEqual({
      ...{ bison: 'reuse: toolchain', gcc: 'reuse: toolchain', glibc: 'reuse: toolchain' },
      ...{ tool: 'build', app: 'maybe: decided by what tool will be' },
    });
    expect(planJson(all.found, {} as never, all.run).packages[2]).toEqual({
      ...{ name: 'gcc', state: 'reuse', reason: 'toolchain', key: null },
      ...{ waitsFor: [], fromToolchain: [], seconds: null, kind: null, line: null },
      ...{ problems: [], rootCauses: [], isOfTree: false },
    });
  });

  it('is found by its name and by those of its RPMs', async () => {
    const { tree } = await plan([]);
    expect(
      ['gcc', 'libgcc', 'glibc-devel', 'tool', 'none'].map((name) => prebuiltPackage(tree, name)),
    ).toEqual(['gcc', 'gcc', 'glibc', undefined, undefined]);
  });

  it.each([
    'gcc',
    'libgcc',
  ])('is built when it is asked for as %s, with the RPMs of the toolchain alone', async (name) => {
    const asked = await plan([], { rebuild: [name] });
    expect(states(asked)).toMatchObject({
      gcc: 'build',
      glibc: 'reuse: toolchain',
      bison: 'reuse: toolchain',
    });
    expect(installed(asked, 'gcc')).toEqual([]);
    expect(states(asked)['tool']).toBe('maybe: decided by what gcc will be');
  });
});

describe('a changed package of the toolchain', () => {
  it('is built with the RPMs of the toolchain alone, and all others see it', async () => {
    const changed = await plan(['gcc', 'glibc-devel']);
    // Each needs the other: with the toolchain's RPMs, this is no cycle.
    expect(states(changed)).toEqual({
      ...{ bison: 'reuse: toolchain', gcc: 'build', glibc: 'build' },
      ...{ tool: 'maybe: decided by what gcc will be', app: expect.stringMatching(/^maybe: .*glibc/) },
    });
    expect([installed(changed, 'gcc'), installed(changed, 'glibc')]).toEqual([[], []]);
    const { store, tree, run, found } = changed;
    const one = found.get('gcc');
    const result = madeUpResult(
      'gcc',
      [madeUpRpm('gcc'), madeUpRpm('libgcc')],
      one?.state === 'build' ? one.build.key : '',
    );
    await store.put(result, '', false);
    const next = { ...changed, found: await planBuilds({ tree, store, run, log: { warn: () => {} } }) };
    expect(installed(next, 'tool')).toEqual(['gcc']);
  });
});

it('stand-ins give way to the tree', async () => {
  const bootstrap = await plan([], { mode: 'bootstrap' });
  expect(bootstrap.run.prebuilt).toEqual([]);
  expect(states(bootstrap)['gcc']).toMatch(/^failed: dependency cycle/);
});
