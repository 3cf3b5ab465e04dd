import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainPolicy } from '../../../src/shared/graph/graph.ts';
import { checkAnyOrder, checkAnyReading, endsAlone } from '../../support/any-order/check.ts';
import { richSolver } from '../../support/any-order/rich-solver.ts';
import {
  givenPackage,
  type RandomPackage,
  randomPolicies,
  randomTrees,
  toolchainRpms,
} from '../../support/any-order/trees.ts';

/** `AZL_CASES=10000` is the long run, with `AZL_SEED` on other cases. The same ones run each time else. */
const numRuns = Number(process.env['AZL_CASES'] ?? 200);
const seed = Number(process.env['AZL_SEED'] ?? 427304073);
const solver = richSolver(toolchainRpms);
const runs = fc.record({
  shards: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat(),
  policy: randomPolicies,
});

describe(`any tree, ${numRuns} cases of seed ${seed}`, () => {
  it(
    'ends the same in whatever order, by however many shards, and is then reused',
    async () => {
      const property = fc.asyncProperty(randomTrees, runs, (tree, run) => checkAnyOrder(tree, run, solver));
      await fc.assert(property, { numRuns, seed });
    },
    numRuns * 1000,
  );

  it(
    'is known the same by all who read the same reports',
    async () => {
      const property = fc.asyncProperty(randomTrees, runs, (tree, run) => checkAnyReading(tree, run, solver));
      await fc.assert(property, { numRuns, seed });
    },
    numRuns * 1000,
  );
});

/** A tree that once ended in several ways, and what becomes of its packages. */
interface Case {
  what: string;
  discover?: boolean;
  tree: RandomPackage[];
  states: Record<string, string>;
}

const cases: Case[] = [
  {
    what: 'what the first run reveals, under the else of a nested condition',
    tree: [
      {
        ...givenPackage('p3'),
        rpms: [
          ...givenPackage('p3').rpms,
          ...givenPackage('p3-sub', { revealed: { provides: ['php(api) = 1'] } }).rpms,
        ],
      },
      givenPackage('perl-X', { provides: ['engine = 1'] }),
      givenPackage('libx', { revealed: { provides: ['php(api) = 1'] } }),
      givenPackage('p1', { buildRequires: ['(engine unless (perl-X unless p3) else php(api))'] }),
    ],
    states: { libx: 'key', 'perl-X': 'key', p1: 'key', p3: 'key' },
  },
  {
    what: 'a term that only an unbuilt package might reveal, beside one that is satisfied',
    tree: [
      givenPackage('app', { buildRequires: ['(zeta or perl(Strange))'] }),
      givenPackage('beta', { revealed: { provides: ['perl(Strange) = 1'] } }),
      givenPackage('zeta'),
    ],
    states: { app: 'key', beta: 'key', zeta: 'key' },
  },
  {
    what: 'a package that fails, and would be required if nothing were there',
    tree: [
      givenPackage('broken', { fails: true }),
      givenPackage('main', { buildRequires: ['(broken if never-there)'] }),
    ],
    states: { broken: 'failed', main: 'key' },
  },
  {
    what: 'packages of which one finds its cycle only when others are built',
    tree: [
      givenPackage('a', { buildRequires: ['engine'] }),
      givenPackage('b', { requires: ['a'], files: ['/usr/bin/tool'] }),
      givenPackage('c', { buildRequires: ['a'] }),
      givenPackage('d', { requires: ['c'], revealed: { requires: ['/usr/bin/tool'] } }),
      givenPackage('e', { buildRequires: ['d'], provides: ['engine = 1'] }),
    ],
    states: { a: 'failed', b: 'key', c: 'failed', d: 'key', e: 'failed' },
  },
  {
    what: 'three packages that make one file, of which one needs another',
    tree: [
      givenPackage('p2', { also: 'same' }),
      givenPackage('p1', { buildRequires: ['p2'], also: 'same' }),
      givenPackage('p0', { also: 'same' }),
    ],
    states: { p0: 'key', p1: 'blocked', p2: 'failed' },
  },
  {
    what: 'a package that makes a file of one that it needs: it is no better for its name',
    tree: [
      givenPackage('low', { also: 'same' }),
      givenPackage('high', { buildRequires: ['low'], also: 'same' }),
      givenPackage('middle', { also: 'same' }),
    ],
    states: { high: 'failed', low: 'key', middle: 'failed' },
  },
  {
    what: 'a package whose name comes first and that is built last of those that make one file',
    tree: [
      givenPackage('first', { buildRequires: ['late'], also: 'same' }),
      givenPackage('late'),
      givenPackage('second', { also: 'same' }),
      givenPackage('user', { buildRequires: ['second'] }),
    ],
    states: { first: 'key', late: 'key', second: 'failed', user: 'blocked' },
  },
  {
    what: 'what a spec requires at run time, and another part of its package reveals',
    tree: [
      {
        ...givenPackage('lib', { requires: ['php(api)'] }),
        rpms: [
          ...givenPackage('lib', { requires: ['php(api)'] }).rpms,
          ...givenPackage('lib-api', { revealed: { provides: ['php(api) = 1'] } }).rpms,
        ],
      },
      givenPackage('app', { buildRequires: ['lib'] }),
    ],
    states: { app: 'key', lib: 'key' },
  },
  {
    what: 'a search that ends for two packages at once, of which one reveals what the other looks for',
    discover: true,
    tree: [
      givenPackage('revealer', { revealed: { provides: ['made-up(x) = 1'] } }),
      givenPackage('also', { buildRequires: ['made-up(x)'], revealed: { provides: ['made-up(x) = 1'] } }),
      givenPackage('user', { buildRequires: ['made-up(x)'] }),
    ],
    states: { also: 'key', revealer: 'key', user: 'key' },
  },
  {
    what: 'a term whose guess fails, and that could then be had for certain, before one that always could',
    tree: [
      givenPackage('app', { buildRequires: ['((tool if lib else pkgconfig(guess)) or (lib and maker))'] }),
      givenPackage('guess', { fails: true }),
      givenPackage('lib'),
      givenPackage('tool'),
    ],
    states: { app: 'key', guess: 'failed', lib: 'key', tool: 'key' },
  },
  {
    what: 'a search for what a choice may need, when another choice is not possible',
    discover: true,
    tree: [
      givenPackage('app', { buildRequires: ['(never if never else php(api))', 'maker'] }),
      givenPackage('lib', { revealed: { provides: ['php(api) = 1'] } }),
    ],
    states: { app: 'key', lib: 'key' },
  },
  {
    what: 'an operand that a name points to in vain, and that a plan of the finished tree knows from earlier builds',
    tree: [
      givenPackage('app', { buildRequires: ['(libx.so.1()(64bit) or perl(X))'] }),
      givenPackage('also', { buildRequires: ['(libx.so.1()(64bit) unless p2 else maker)'] }),
      givenPackage('libx'),
      givenPackage('p1', { revealed: { provides: ['libx.so.1()(64bit) = 1'] } }),
      givenPackage('p2'),
      givenPackage('perl-X', { revealed: { provides: ['perl(X) = 1'] } }),
    ],
    states: { also: 'key', app: 'key', libx: 'key', p1: 'key', p2: 'key', 'perl-X': 'key' },
  },
];

it.each(cases)('ends the same in whatever order: $what', async ({ tree, states, discover = false }) => {
  const policy = { ...plainPolicy, discover };
  const { ends } = await endsAlone(tree, solver, policy);
  const found = Object.entries(ends).map(([name, end]) => [name, end.split(/[: ]/)[0]]);
  expect(Object.fromEntries(found)).toEqual(states);
  for (let run = 0; run < 20; run++) {
    await checkAnyOrder(tree, { shards: 1 + (run % 4), seed: run, policy }, solver);
    await checkAnyReading(tree, { shards: 1 + (run % 4), seed: run, policy }, solver);
  }
});
