import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { declaredGraph } from '../../../src/shared/graph/graph.ts';
import type { Spec } from '../../../src/shared/model/spec.ts';
import { planBuilds } from '../../../src/shared/planner/engine.ts';
import { withNeeds } from '../../../src/shared/planner/goals.ts';
import { type KnownError, treeFailures } from '../../../src/shared/planner/tree-failures.ts';
import { makeTree } from '../../../src/shared/solver/solve-root.ts';
import { sketchSpec } from '../../../src/shared/specs/sketch.ts';
import { madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';
import { base, essentials, memoryStore, solve } from '../../support/made-up-engine.ts';

const toolchain = madeUpToolchain([base, essentials, madeUpRpm('standin', { provides: ['standin = 1-1'] })]);

const place = (name: string) => ({ file: `${name}.spec`, line: 3 });

const torn = (text: string) =>
  sketchSpec({ package: 'torn', specsDir: 'SPECS', path: 'torn/torn.spec' }, text);

function errorOf(name: string, kind: KnownError['kind']): KnownError {
  return { package: name, kind, problem: { file: `${name}.spec`, message: `${name} is bad`, line: 9 } };
}

function failuresOf(specs: readonly Spec[], known: readonly KnownError[] = []) {
  const graph = declaredGraph(specs, toolchain);
  const names = [...graph.specs.keys()].sort();
  return treeFailures(graph, names, known, place, specs);
}

/** The state of each package that fails, with its kind or its root causes. */
function shown(specs: readonly Spec[], known: readonly KnownError[] = []): Record<string, string> {
  const states = [...failuresOf(specs, known)].map(([name, one]) => [
    name,
    one.state === 'failed' ? `failed: ${one.kind}` : `blocked: ${one.rootCauses.join(' ')}`,
  ]);
  return Object.fromEntries(states.sort());
}

describe('the packages that a tree alone keeps from being built', () => {
  it('fails each that is bad, and blocks what needs it, however far', () => {
    const specs = [
      ...[
        madeUpSpec('good'),
        madeUpSpec('nowhere', ['gone']),
        madeUpSpec('a', ['b']),
        madeUpSpec('b', ['a']),
      ],
      ...[
        madeUpSpec('unlocked'),
        madeUpSpec('user', ['nowhere', 'good']),
        madeUpSpec('users', ['user', 'a']),
      ],
      madeUpSpec('reader', ['unlocked']),
      torn('%package devel\n%package -n libtorn\nProvides: torn-api = %{bad}'),
      ...[madeUpSpec('of-name', ['torn']), madeUpSpec('of-part', ['torn-devel >= 2'])],
      ...[madeUpSpec('of-rpm', ['libtorn']), madeUpSpec('of-api', ['torn-api'])],
      ...[madeUpSpec('of-guess', ['pkgconfig(torn)']), madeUpSpec('beside', ['good'])],
    ];
    const known = [errorOf('unlocked', 'input'), errorOf('torn', 'spec')];
    expect(shown(specs, known)).toEqual({
      ...{ nowhere: 'failed: requirement', a: 'failed: cycle', b: 'failed: cycle' },
      ...{ unlocked: 'failed: input', torn: 'failed: spec' },
      ...{ user: 'blocked: nowhere', users: 'blocked: a nowhere', reader: 'blocked: unlocked' },
      ...{ 'of-name': 'blocked: torn', 'of-part': 'blocked: torn', 'of-rpm': 'blocked: torn' },
      ...{ 'of-api': 'blocked: torn', 'of-guess': 'blocked: torn' },
    });
  });

  it('says of what a spec that does not parse may provide that it does not parse', () => {
    const specs = [torn(''), madeUpSpec('user', ['torn'])];
    expect(failuresOf(specs, [errorOf('torn', 'spec')]).get('user')).toEqual({
      state: 'blocked',
      reason: 'needs what may be provided by torn, which does not parse',
      rootCauses: ['torn'],
    });
  });

  it('fails a package whose root needs an RPM that requires what nothing provides, at the line that requires it', () => {
    const lib = madeUpSpec('lib', [], { lib: { requires: ['gone'] } });
    const failures = failuresOf([lib, madeUpSpec('app', ['lib'])]);
    expect([...failures.keys()]).toEqual(['app']);
    expect(failures.get('app')).toMatchObject({
      ...{ kind: 'requirement', reason: expect.stringContaining("lib.spec:3: Requires 'gone'") },
      problems: [{ file: 'lib.spec', line: 3 }],
    });
  });

  it('takes another provider than a failed one where a name alone suggested that', () => {
    const specs = [
      madeUpSpec('thing', ['gone']),
      madeUpSpec('python-thing', [], { 'python-thing': { provides: ['python3dist(thing)'] } }),
      madeUpSpec('app', ['python3dist(thing)']),
    ];
    expect(shown(specs)).toEqual({ thing: 'failed: requirement' });
  });

  it('has the line of the own spec', () => {
    expect(failuresOf([madeUpSpec('app', ['gone'])]).get('app')).toMatchObject({ line: 3 });
  });

  it('blocks what a package without RPMs might have provided by its name alone, as nothing does', () => {
    const bare = { ...madeUpSpec('torn'), packages: [] };
    expect(shown([bare, madeUpSpec('app', ['pkgconfig(torn)'])])).toEqual({ app: 'failed: requirement' });
  });
});

/** Trees of at most a dozen packages, some of them bad. */
const trees = fc
  .integer({ min: 2, max: 12 })
  .chain((count) =>
    fc.array(
      fc.record({
        needs: fc.array(fc.integer({ min: 0, max: count - 1 }), { maxLength: 3 }),
        bad: fc.constantFrom('no', 'no', 'no', 'spec', 'input', 'requirement', 'run-time'),
      }),
      { minLength: count, maxLength: count },
    ),
  )
  .map((made) => {
    const nameOf = (at: number) => `p${at}`;
    const known: KnownError[] = [];
    const specs = made.map(({ needs, bad }, at) => {
      const name = nameOf(at);
      const requires = needs.map(nameOf);
      if (bad === 'spec' || bad === 'input') known.push(errorOf(name, bad));
      if (bad === 'spec')
        return sketchSpec({ package: name, specsDir: 'SPECS', path: `${name}/${name}.spec` }, '');
      if (bad === 'run-time') return madeUpSpec(name, requires, { [name]: { requires: ['gone'] } });
      return madeUpSpec(name, bad === 'requirement' ? [...requires, 'gone'] : requires);
    });
    return { specs, known };
  });

async function planOf(specs: readonly Spec[], known: readonly KnownError[]) {
  const tree = makeTree({
    ...{ specs, toolchain, solver: { solve }, sources: async () => ({}), defines: {} },
  });
  const goals = [...tree.declared.specs.keys()];
  const names = await withNeeds(tree.declared, goals);
  const failures = treeFailures(tree.declared, names, known, place, specs);
  const maps = { priority: new Map(), seconds: new Map(), rebuild: new Set<string>() };
  const run = { goals, names, failures, prebuilt: [], ...maps };
  return { failures, plan: await planBuilds({ tree, store: memoryStore(), run, log: { warn: () => {} } }) };
}

describe('the rest of a tree', () => {
  it('is planned as if bad packages, and what needs them, were not there', async () => {
    await fc.assert(
      fc.asyncProperty(trees, async ({ specs, known }) => {
        const { failures, plan } = await planOf(specs, known);
        const rest = specs.filter((spec) => !failures.has(spec.package));
        const alone = await planOf(rest, []);
        expect([...alone.failures]).toEqual([]);
        const left = [...plan].filter(([name]) => !failures.has(name));
        expect(new Map(left)).toEqual(alone.plan);
        for (const [name, one] of failures) {
          expect(plan.get(name)?.state).toBe(one.state);
          if (one.state === 'blocked')
            for (const cause of one.rootCauses) expect(failures.get(cause)?.state).toBe('failed');
        }
      }),
      { numRuns: 150 },
    );
  });
});
