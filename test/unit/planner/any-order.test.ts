import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAnyOrder, checkAnyReading, endsAlone } from '../../support/any-order/check.ts';
import { richSolver } from '../../support/any-order/rich-solver.ts';
import {
  givenPackage,
  type RandomPackage,
  randomTrees,
  toolchainRpms,
} from '../../support/any-order/trees.ts';

/** `AZL_CASES=10000` is the long run; `AZL_SEED` repeats one. */
const numRuns = Number(process.env['AZL_CASES'] ?? 200);
const seed = Number(process.env['AZL_SEED'] ?? Date.now() % 2 ** 31);
const solver = richSolver(toolchainRpms);
const runs = fc.record({ shards: fc.integer({ min: 1, max: 4 }), seed: fc.nat() });

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

/** Trees that once ended in several ways: smallest first, with what becomes of their packages. */
const cases: [string, RandomPackage[], Record<string, string>][] = [
  [
    'a term that only an unbuilt package might reveal, beside one that is satisfied',
    [
      givenPackage('app', { buildRequires: ['(zeta or perl(Strange))'] }),
      givenPackage('beta', { revealed: { provides: ['perl(Strange) = 1'] } }),
      givenPackage('zeta'),
    ],
    { app: 'key', beta: 'key', zeta: 'key' },
  ],
  [
    'a package that fails, and would be required if nothing were there',
    [
      givenPackage('broken', { fails: true }),
      givenPackage('main', { buildRequires: ['(broken if never-there)'] }),
    ],
    { broken: 'failed', main: 'key' },
  ],
  [
    'packages of which one finds its cycle only when others are built',
    [
      givenPackage('a', { buildRequires: ['engine'] }),
      givenPackage('b', { requires: ['a'], files: ['/usr/bin/tool'] }),
      givenPackage('c', { buildRequires: ['a'] }),
      givenPackage('d', { requires: ['c'], revealed: { requires: ['/usr/bin/tool'] } }),
      givenPackage('e', { buildRequires: ['d'], provides: ['engine = 1'] }),
    ],
    { a: 'failed', b: 'key', c: 'failed', d: 'key', e: 'failed' },
  ],
  [
    'three packages that make one file, of which one needs another',
    [
      givenPackage('p2', { also: 'same' }),
      givenPackage('p1', { buildRequires: ['p2'], also: 'same' }),
      givenPackage('p0', { also: 'same' }),
    ],
    { p0: 'key', p1: 'blocked', p2: 'failed' },
  ],
  [
    'a package whose name comes first and that is built last of those that make one file',
    [
      givenPackage('first', { buildRequires: ['late'], also: 'same' }),
      givenPackage('late'),
      givenPackage('second', { also: 'same' }),
      givenPackage('user', { buildRequires: ['second'] }),
    ],
    { first: 'key', late: 'key', second: 'failed', user: 'blocked' },
  ],
];

it.each(cases)('ends the same in whatever order: %s', async (_, tree, expected) => {
  const { ends } = await endsAlone(tree, solver);
  const states = Object.entries(ends).map(([name, end]) => [name, end.split(/[: ]/)[0]]);
  expect(Object.fromEntries(states)).toEqual(expected);
  for (let run = 0; run < 20; run++) {
    await checkAnyOrder(tree, { shards: 1 + (run % 4), seed: run }, solver);
    await checkAnyReading(tree, { shards: 1 + (run % 4), seed: run }, solver);
  }
});
