import { expect, it } from 'vitest';
import type { PackagePlan } from '../../../src/shared/model/outcome.ts';
import { expectedTasks } from '../../../src/shared/planner/expectation.ts';

const build = { state: 'build', reason: '' } as PackagePlan;
const reuse = { state: 'reuse', reason: '' } as PackagePlan;
const maybe = (...waitsFor: string[]): PackagePlan => ({ state: 'maybe', reason: '', waitsFor });

const plan = new Map<string, PackagePlan>([
  ['zlib', build],
  ['curl', maybe('zlib')],
  ['git', maybe('curl', 'bash')],
  ['bash', reuse],
  ['new', maybe('zlib')],
  ['broken', { state: 'failed', reason: '' }],
]);
const seconds = new Map(Object.entries({ zlib: 10, curl: 100, git: 1000, bash: 7 }));

const expected = (name: string) => seconds.get(name) ?? 600;

it('counts what is certain whole, what is decided on the way by half, and nothing that is reused', () => {
  const needs = (name: string) => (name === 'git' ? ['curl'] : []);
  expect(expectedTasks(plan, (name) => seconds.has(name), expected, needs)).toEqual([
    { name: 'zlib', seconds: 10, needs: [] },
    { name: 'curl', seconds: 50, needs: [] },
    { name: 'git', seconds: 250, needs: ['curl'] },
    { name: 'new', seconds: 600, needs: [] },
  ]);
});

it('is empty when there is nothing to build', () => {
  expect(
    expectedTasks(
      new Map([['bash', reuse]]),
      () => true,
      expected,
      () => [],
    ),
  ).toEqual([]);
});
