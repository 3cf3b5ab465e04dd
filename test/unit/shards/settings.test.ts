import { expect, it } from 'vitest';
import { defaultSettings, shardSettings } from '../../../src/shared/shards/scheduler/settings.ts';

const nothing = {
  plan: '',
  timeBudget: undefined,
  heartbeatInterval: undefined,
  claimLease: undefined,
  pollInterval: undefined,
  batchDelay: undefined,
  batchSize: undefined,
};

it('takes the default of every setting that no input gives', () => {
  expect(shardSettings(nothing, 2)).toEqual({ ...defaultSettings, slots: 2 });
});

it('takes every setting from its input, in seconds and bytes', () => {
  const inputs = {
    heartbeatInterval: 2,
    claimLease: 3,
    pollInterval: 4,
    batchDelay: 5,
    batchSize: 6,
    timeBudget: 7,
  };
  expect(shardSettings({ ...nothing, ...inputs }, 1)).toEqual({
    heartbeatInterval: 2,
    lease: 3,
    pollInterval: 4,
    batchDelay: 5,
    batchBytes: 6e6,
    timeBudget: 420,
    slots: 1,
  });
});
