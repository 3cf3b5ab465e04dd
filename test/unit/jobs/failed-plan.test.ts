import { expect, it } from 'vitest';
import { failedPlan } from '../../../src/shared/jobs/failed-plan.ts';

it.each([
  ['', 'left over', undefined],
  ['success', '', undefined],
  ['failure', 'a.spec:1: no', 'The plan of this run failed: a.spec:1: no'],
  ['failure', '', 'The plan of this run failed. The log of the job that plans tells why.'],
  ['cancelled', '', "The plan of this run ended as 'cancelled'. The log of the job that plans tells why."],
  ['skipped', 'x', "The plan of this run ended as 'skipped': x"],
])('a plan that ended as %j with %j', (planResult, planError, message) => {
  const failed = failedPlan({ planResult, planError });
  expect((failed?.error as Error | undefined)?.message).toBe(message);
  if (planError !== '' && message !== undefined) expect(failed?.page).toContain(`\n${planError}\n`);
});
