import { expect, it } from 'vitest';
import { WakeUp } from '../../../src/shared/shards/worker/wake-up.ts';

const { signal } = new AbortController();

it('ends a wait without end, at a call', async () => {
  const wakeUp = new WakeUp();
  const wait = wakeUp.wait(Number.POSITIVE_INFINITY, signal);
  wakeUp.call();
  await wait;
});

it('ends the next wait at once after a call that nobody waited for, unless that is forgotten', async () => {
  const wakeUp = new WakeUp();
  wakeUp.call();
  await wakeUp.wait(Number.POSITIVE_INFINITY, signal);
  wakeUp.clear();
  const ended = await Promise.race([wakeUp.wait(Number.POSITIVE_INFINITY, signal).then(() => true), false]);
  expect(ended).toBe(false);
});

it('ends with its seconds, and with the job', async () => {
  const wakeUp = new WakeUp();
  await wakeUp.wait(0.001, signal);
  const job = new AbortController();
  const wait = wakeUp.wait(Number.POSITIVE_INFINITY, job.signal);
  job.abort();
  await wait;
  await wakeUp.wait(Number.POSITIVE_INFINITY, job.signal);
});
