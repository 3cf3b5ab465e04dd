import { afterEach, expect, it } from 'vitest';
import type { BuildContext } from '../../../src/shared/builder/build-context.ts';
import type { buildOne } from '../../../src/shared/builder/build-one.ts';
import { plainPolicy } from '../../../src/shared/graph/graph.ts';
import type { Rpm } from '../../../src/shared/model/rpm.ts';
import type { Spec } from '../../../src/shared/model/spec.ts';
import { outcomesOf } from '../../../src/shared/shards/worker/outcomes.ts';
import { runAlone } from '../../../src/shared/shards/worker/run-alone.ts';
import { makeTree } from '../../../src/shared/solver/solve-root.ts';
import { type Solver, startSolver } from '../../../src/shared/solver/solver.ts';
import { madeUpResult, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';
import { essentials, memoryStore } from '../../support/made-up-engine.ts';
import { rpm } from '../../support/real-solver.ts';

let solver: Solver | undefined;
afterEach(async () => {
  await solver?.close();
});

/** Builds a tree, planned with libsolv. Builds make the RPMs that their specs describe. Returns the RPMs of each root. */
async function rootsOf(
  specs: Spec[],
  standIns: Rpm[] = [],
  breakCycles: string[] = [],
): Promise<Record<string, string>> {
  const toolchain = madeUpToolchain([essentials, ...standIns]);
  solver = await startSolver(toolchain);
  const store = memoryStore();
  const [silent, roots]: [() => void, Record<string, string>] = [() => {}, {}];
  const context = {
    tree: makeTree(
      { specs, toolchain, solver, sources: async () => ({}), defines: {} },
      { ...plainPolicy, breakCycles: new Set(breakCycles) },
    ),
    run: {
      names: specs.map((spec) => spec.package),
      prebuilt: [],
      rebuild: new Set(),
      failures: new Map(),
      seconds: new Map(),
      priority: new Map(),
    },
    inputs: { buildDir: '/nowhere', cacheDir: '/nowhere' },
    store: { ...store, open: async () => '/store/00/key' },
    log: { info: silent, warn: silent, error: silent, progress: silent },
    signal: new AbortController().signal,
  } as unknown as BuildContext;
  const build: typeof buildOne = async (_, name, { build: { key, installed }, reason }) => {
    const files = installed.filter(({ file }) => file !== essentials.file);
    roots[name] = files
      .map(({ origin, file }) => `${origin === 'local' ? '*' : ''}${file.split('-1.0-1.')[0]}`)
      .join(' ');
    const spec = specs.find((one) => one.package === name) as Spec;
    const rpms = spec.packages.map(({ name: made, provides, requires, files: paths }) =>
      rpm({ name: made, provides, requires, files: paths, outputDigest: `${made} by ${key}` }),
    );
    const result = madeUpResult(name, rpms, key);
    await store.put(result, '', false);
    return { state: 'built', reason, result };
  };
  const outcomes = outcomesOf(await runAlone(context, 1, build));
  for (const [name, { state, reason }] of outcomes)
    if (state !== 'built') roots[name] = `${state}: ${reason}`;
  return roots;
}

const providing = (name: string, provides: string[], needs: string[] = []) =>
  madeUpSpec(name, needs, { [name]: { provides } });

it('of two providers, the newer in BuildConflicts, the older one is in the root', async () => {
  const engines = [providing('old-engine', ['engine = 1']), providing('young-engine', ['engine = 2'])];
  const main = madeUpSpec('main', ['engine']);
  for (const conflict of ['young-engine', 'engine > 1'])
    expect(await rootsOf([...engines, { ...main, buildConflicts: [conflict] }])).toMatchObject({
      main: '*old-engine',
    });
  const none = await rootsOf([...engines, { ...main, buildConflicts: ['engine'] }]);
  expect(none['main']).toMatch(/engine/);
  expect(none['main']).toMatch(/^(failed|blocked)/);
});

it('a stand-in of the worker that is in BuildConflicts is erased from the root', async () => {
  const standIns = [rpm({ name: 'zlib' }), rpm({ name: 'bzip2' })];
  const main = madeUpSpec('main');
  expect(await rootsOf([main], standIns)).toEqual({ main: 'bzip2 zlib' });
  expect(await rootsOf([{ ...main, buildConflicts: ['zlib'] }], standIns)).toEqual({ main: 'bzip2' });
});

it('what an `if` names is in the root only with its condition, and needs no cycle', async () => {
  const policy = providing('selinux-policy', []);
  const swt = providing('swt-selinux', [], ['main']);
  const main = madeUpSpec('main', ['(swt-selinux if selinux-policy)']);
  expect(await rootsOf([policy, swt, main])).toMatchObject({ main: '', 'swt-selinux': '*main' });
  const other = madeUpSpec('other', ['(swt-selinux if selinux-policy)', 'selinux-policy']);
  expect(await rootsOf([policy, swt, main, other])).toMatchObject({ other: '*selinux-policy *swt-selinux' });
  expect(
    await rootsOf([policy, madeUpSpec('last', ['(nope if selinux-policy else selinux-policy)'])]),
  ).toMatchObject({
    last: expect.stringMatching(/^failed: .*nope/),
  });
});

it('of an `or`, what needs its asker is not taken', async () => {
  const make = rpm({ name: 'make' });
  const altmake = providing('altmake', [], ['main']);
  for (const requirement of ['(make or altmake)', '(altmake or make)'])
    expect(await rootsOf([altmake, madeUpSpec('main', [requirement])], [make])).toEqual({
      main: 'make',
      altmake: '*main make',
    });
});

it('an `else` that is not to be had brings the condition into the root', async () => {
  const specs = [providing('tool', []), providing('plugin', [])];
  for (const requirement of ['(plugin if tool else nope)', '(nope unless tool else plugin)'])
    expect(await rootsOf([...specs, madeUpSpec('main', [requirement])])).toMatchObject({
      main: '*plugin *tool',
    });
});

it('a package that needs itself is built with the one of the toolchain where break-cycles names it', async () => {
  const specs = [
    madeUpSpec('m4', ['m4', 'tool']),
    madeUpSpec('tool', ['m4']),
    madeUpSpec('app', ['m4', 'tool']),
  ];
  const prebuilt = [rpm({ name: 'm4' })];
  expect((await rootsOf(specs, prebuilt))['m4']).toMatch(/^failed: dependency cycle: /);
  expect(await rootsOf(specs, prebuilt, ['m4'])).toEqual({ m4: 'm4 *tool', tool: 'm4', app: '*m4 *tool' });
});
