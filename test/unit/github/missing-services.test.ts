import { expect, it } from 'vitest';
import { missingServices } from '../../../src/shared/github/run.ts';

const job = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SERVER_URL: 'https://github.com',
  ACTIONS_RESULTS_URL: 'https://results',
  ACTIONS_CACHE_SERVICE_V2: 'True',
};

it.each([
  job,
  { ...job, GITHUB_SERVER_URL: 'https://octo.ghe.com' },
  { ...job, GITHUB_ACTIONS: undefined, ACTIONS_RESULTS_URL: undefined },
])('nothing is missing in %j', (environment) => {
  expect(missingServices(environment)).toBeUndefined();
});

it.each([
  [
    { GITHUB_SERVER_URL: 'https://github.example.com' },
    /^GitHub Enterprise Server has neither/,
    /exchange-dir/,
  ],
  [{ GITHUB_SERVER_URL: 'https://ghe.com.example.com' }, /^GitHub Enterprise Server/, /Use github\.com/],
  [
    { ACTIONS_RESULTS_URL: '' },
    /no ACTIONS_RESULTS_URL: this job has no artifacts and no cache/,
    /2\.327\.1/,
  ],
  [{ ACTIONS_CACHE_SERVICE_V2: undefined }, /no ACTIONS_CACHE_SERVICE_V2: this job has no cache/, /`uses:`/],
])('%j is said, with a way on', (differs, message, hint) => {
  const problem = missingServices({ ...job, ...differs });
  expect(problem?.message).toMatch(message);
  expect(problem?.hint).toMatch(hint);
});
