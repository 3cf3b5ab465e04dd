import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../../src/shared/base/validate.ts';
import { failuresOf } from '../../../src/shared/jobs/read-plan.ts';
import type { PackagePlan, TreeFailure } from '../../../src/shared/model/outcome.ts';
import { planJson, planSchema } from '../../../src/shared/planner/plan-json.ts';

const problem = { file: 'SPECS/torn/torn.spec', line: 3, message: 'it does not parse' };
const failures = new Map<string, TreeFailure>([
  ['torn', { state: 'failed', reason: 'it does not parse', kind: 'spec', line: 3, problems: [problem] }],
  ['user', { state: 'blocked', reason: 'needs torn', rootCauses: ['torn'] }],
]);

const plan = planJson(
  new Map<string, PackagePlan>([
    ...(failures as ReadonlyMap<string, PackagePlan>),
    ['later', { state: 'failed', reason: 'a result shows it', kind: 'requirement', unmet: [] }],
  ]),
  {
    ...{ workerDigest: 'a', shards: 0, entries: 0, heavy: [], heavyShards: 0, heavyEntries: 0 },
    ...{ retentionDays: 1, pointers: {}, breakCycles: [] },
  },
  { seconds: new Map(), failures, prebuilt: [], names: ['torn', 'user', 'later'] },
);

it('a plan can be read again, also what failed and what did not', () => {
  const written = { ...plan, workerDigest: 'a'.repeat(64) };
  expect(parseDocument(planSchema, JSON.stringify(written), 'plan.json')).toEqual(
    JSON.parse(JSON.stringify(written)),
  );
});

describe('the failures that a plan hands to the other jobs of its run', () => {
  it('are those of the tree, and not what only results showed', () => {
    expect(failuresOf(plan, [])).toEqual(failures);
    expect(failuresOf(plan, [{ package: 'torn', kind: 'spec', problem }])).toEqual(failures);
  });

  it('are an error in a job that finds more', () => {
    const other = { file: 'SPECS/fine/fine.spec', line: 1, message: 'it is torn here' };
    expect(() => failuresOf(plan, [{ package: 'fine', kind: 'spec', problem: other }])).toThrow(
      'This job finds an error where the plan found none: SPECS/fine/fine.spec:1: it is torn here',
    );
  });
});
