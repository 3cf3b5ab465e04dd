import { describe, expect, it } from 'vitest';
import { needsBySpecs } from '../../../src/shared/graph/declared-needs.ts';
import { declaredGraph, plainPolicy } from '../../../src/shared/graph/graph.ts';
import type { OnDemandRpm } from '../../../src/shared/model/on-demand.ts';
import { planBuilds } from '../../../src/shared/planner/engine.ts';
import { makeTree, type Tree } from '../../../src/shared/solver/solve-root.ts';
import type { SolverRequest } from '../../../src/shared/solver/solver.ts';
import { madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';
import { base, essentials, memoryStore, solve } from '../../support/made-up-engine.ts';

const [cmake, data, perl] = ['cmake', 'cmake-data', 'libfoo-perl'].map((name) => madeUpRpm(name));
if (cmake === undefined || data === undefined || perl === undefined) throw new Error('three RPMs');
const all = [cmake, data, perl];

const known = (isConverted: boolean): OnDemandRpm[] => [
  {
    ...cmake,
    provides: ['cmake3 = 3.25'],
    paths: ['/usr/bin/cpack'],
    sonames: ['libcmake.so.1'],
    closure: [cmake.file, data.file],
    isConverted,
  },
  { ...data, provides: [], paths: [], sonames: [], closure: [data.file], isConverted },
  { ...perl, provides: ['perl(Foo)'], paths: [], sonames: [], closure: [perl.file], isConverted },
];

const specs = [
  madeUpSpec('app', ['cmake3 >= 3.20']),
  madeUpSpec('user', ['app']),
  madeUpSpec('tool', ['/usr/bin/cpack']),
  madeUpSpec('linked', ['libcmake.so.1(CMAKE_3)(64bit)']),
  madeUpSpec('plain'),
  madeUpSpec('newer', ['cmake3 >= 4']),
];

function treeWith(isConverted: boolean, requests: SolverRequest[] = []): Tree {
  const toolchain = madeUpToolchain([base, essentials, ...(isConverted ? all : [])]);
  const keys = Object.fromEntries(all.map(({ file }) => [file, '0'.repeat(64)]));
  const asking = async (request: SolverRequest) => {
    requests.push(request);
    return await solve({ ...request, install: request.install.filter((one) => !/cmake|cpack/.test(one)) });
  };
  return makeTree({
    ...{ specs, toolchain: isConverted ? { ...toolchain, onDemand: keys } : toolchain },
    ...{ onDemand: known(isConverted), solver: { solve: asking }, sources: async () => ({}), defines: {} },
  });
}

async function planOf(tree: Tree) {
  const names = specs.map((one) => one.package);
  const maps = { priority: new Map(), seconds: new Map(), failures: new Map(), prebuilt: [] };
  const run = { names, goals: names, rebuild: new Set<string>(), ...maps };
  return await planBuilds({ tree, store: memoryStore(), run, log: { warn: () => {} } });
}

describe('a stand-in on demand', () => {
  it.each([
    ['perl(Foo) = 6.17', []],
    ['perl(Foo)', ['perl(Foo) >= 6']],
    ['libfoo-perl = 1.0', ['perl(Foo) >= 6']],
  ])('is in conflict with %s only if its version is known', (conflict, missing) => {
    const spec = { ...madeUpSpec('lib', ['perl(Foo) >= 6']), buildConflicts: [conflict] };
    const declared = declaredGraph([spec], madeUpToolchain([base, essentials]), plainPolicy, known(false));
    expect(needsBySpecs(declared, 'lib').missing.map(({ capability }) => capability)).toEqual(missing);
  });

  it('makes what needs it maybe until it is converted, and nothing else', async () => {
    const plan = await planOf(treeWith(false));
    expect(Object.fromEntries([...plan].map(([name, { state }]) => [name, state]))).toEqual({
      ...{ app: 'maybe', user: 'maybe', tool: 'maybe', linked: 'maybe', plain: 'build', newer: 'failed' },
    });
    expect(plan.get('app')?.reason).toBe(
      'needs stand-ins that the build converts first: cmake-1.0-1.x86_64, cmake-data-1.0-1.x86_64',
    );
  });

  it('is seen by the roots that it is for, with what it needs, and by no other', async () => {
    const requests: SolverRequest[] = [];
    const plan = await planOf(treeWith(true, requests));
    expect(['app', 'tool', 'linked', 'plain'].map((name) => plan.get(name)?.state)).toEqual(
      Array(4).fill('build'),
    );
    const seen = new Set(requests.map(({ onDemand = [] }) => onDemand.join(' ')));
    expect([...seen].sort()).toEqual(['', `${cmake.file} ${data.file}`]);
  });

  it('is known alike before and after its conversion', () => {
    const needs = (isConverted: boolean) =>
      specs.map((one) => needsBySpecs(treeWith(isConverted).declared, one.package).onDemand);
    expect(needs(true)).toEqual(needs(false));
  });
});
