import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { SolverAnswer, SolverRequest } from '../../../src/shared/solver/solver.ts';
import { type Solver, startSolver } from '../../../src/shared/solver/solver.ts';
import { checkAnyOrder, checkAnyReading } from '../../support/any-order/check.ts';
import { toolchain } from '../../support/any-order/simulate.ts';
import { randomPolicies, randomTrees } from '../../support/any-order/trees.ts';

/** Half as many as test/unit/planner/any-order.test.ts has. `AZL_SEED` repeats them. */
const numRuns = Math.ceil(Number(process.env['AZL_CASES'] ?? 200) / 2);
const seed = Number(process.env['AZL_SEED'] ?? Date.now() % 2 ** 31);
const runs = fc.record({
  shards: fc.integer({ min: 1, max: 3 }),
  seed: fc.nat(),
  policy: randomPolicies,
});

let real: Solver;
beforeAll(async () => {
  real = await startSolver(toolchain);
});
afterAll(async () => {
  await real.close();
});

/** Answers of libsolv by question: a tree is built many times. */
const answers = new Map<string, Promise<SolverAnswer>>();
const solver = {
  solve: async (request: SolverRequest) => {
    const local = request.local.map((rpms) => rpms.map(({ outputDigest, ...rpm }) => rpm));
    const question = JSON.stringify({ ...request, local });
    const known = answers.get(question) ?? real.solve(request);
    answers.set(question, known);
    return await known;
  },
};

describe(`any tree with libsolv, ${numRuns} cases of seed ${seed}`, () => {
  it(
    'ends the same in whatever order, by however many shards, and is then reused',
    async () => {
      const property = fc.asyncProperty(randomTrees, runs, async (tree, run) => {
        answers.clear();
        await checkAnyOrder(tree, run, solver);
        await checkAnyReading(tree, run, solver);
      });
      await fc.assert(property, { numRuns, seed });
    },
    numRuns * 5000,
  );
});
