import { describe, expect, it } from 'vitest';
import {
  exponential,
  linear,
  type RetryClock,
  type RetryPolicy,
  retry,
  retryAfterSeconds,
} from '../../../src/shared/base/retry.ts';

/** A clock that records the delays and does not wait. */
function fakeClock(random = 0.5, onSleep = () => {}): RetryClock & { slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    random: () => random,
    sleep: async (seconds, signal) => {
      slept.push(seconds);
      onSleep();
      signal?.throwIfAborted();
    },
  };
}

/** Runs an operation that fails `failures` times and then returns the number of its attempt. */
async function attemptsOf(policy: RetryPolicy, failures: number, clock = fakeClock()) {
  const value = await retry(
    policy,
    async (attempt) => {
      if (attempt <= failures) throw new Error(`failure ${attempt}`);
      return attempt;
    },
    clock,
  );
  return { value, slept: clock.slept };
}

describe('retry', () => {
  it('returns the first success, without a delay', async () => {
    expect(await attemptsOf({ attempts: 3, delay: linear(2) }, 0)).toEqual({ value: 1, slept: [] });
  });

  it.each<[string, RetryPolicy['delay'], number[]]>([
    ['none by default', undefined, []],
    ['exponential', exponential(2, 3), [2, 6, 18]],
    ['linear', linear(2), [2, 4, 6]],
  ])('waits between attempts: %s', async (_name, delay, slept) => {
    const policy = delay === undefined ? { attempts: 4 } : { attempts: 4, delay };
    expect(await attemptsOf(policy, 3)).toEqual({ value: 4, slept });
  });

  it('throws the error of the last attempt', async () => {
    const clock = fakeClock();
    await expect(attemptsOf({ attempts: 3, delay: linear(1) }, 5, clock)).rejects.toThrow('failure 3');
    expect(clock.slept).toEqual([1, 2]);
  });

  it('does not try again what another attempt cannot change', async () => {
    const clock = fakeClock();
    const policy = { attempts: 5, delay: linear(1), isTransient: () => false };
    await expect(attemptsOf(policy, 1, clock)).rejects.toThrow('failure 1');
    expect(clock.slept).toEqual([]);
  });

  it.each([
    [0, 7.5],
    [0.5, 10],
    [1, 12.5],
  ])('spreads a delay by its jitter: random %d', async (random, seconds) => {
    const policy = { attempts: 2, delay: linear(10), jitter: 0.25 };
    expect((await attemptsOf(policy, 1, fakeClock(random))).slept).toEqual([seconds]);
  });

  it.each<[string, number | undefined, number]>([
    ['longer than the delay', 30, 30],
    ['shorter than the delay', 1, 5],
    ['longer than it may be', 600, 60],
    ['absent', undefined, 5],
  ])('waits as long as the service asks: %s', async (_name, asked, seconds) => {
    const policy = { attempts: 2, delay: linear(5), retryAfter: () => asked, longestRetryAfter: 60 };
    expect((await attemptsOf(policy, 1)).slept).toEqual([seconds]);
  });

  it('reports each delay with its error', async () => {
    const reported: string[] = [];
    const onRetry = (error: Error, seconds: number) => reported.push(`${error.message}, ${seconds} s`);
    await attemptsOf({ attempts: 3, delay: linear(1), onRetry }, 2);
    expect(reported).toEqual(['failure 1, 1 s', 'failure 2, 2 s']);
  });

  it('makes no attempt after a cancellation, whether it comes before, during an attempt or during a delay', async () => {
    const before = AbortSignal.abort();
    await expect(attemptsOf({ attempts: 2, signal: before }, 0)).rejects.toThrow('aborted');

    for (const during of ['attempt', 'delay']) {
      const stop = new AbortController();
      let attempts = 0;
      const clock = fakeClock(0.5, () => during === 'delay' && stop.abort());
      const run = retry(
        { attempts: 9, delay: linear(1), signal: stop.signal },
        async () => {
          attempts++;
          if (during === 'attempt') stop.abort();
          throw new Error('failure');
        },
        clock,
      );
      await expect(run).rejects.toThrow('aborted');
      expect(attempts).toBe(1);
    }
  });

  it('ends a real delay when it is cancelled', async () => {
    const stop = new AbortController();
    const policy = { attempts: 2, delay: () => 3600, signal: stop.signal, onRetry: () => stop.abort() };
    const run = retry(policy, async () => {
      throw new Error('failure');
    });
    await expect(run).rejects.toThrow('aborted');
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2025-01-01T00:00:00Z');
  it.each<[string | undefined, number | undefined]>([
    ['120', 120],
    ['0', 0],
    ['Wed, 01 Jan 2025 00:00:30 GMT', 30],
    ['Tue, 31 Dec 2024 23:59:30 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('%s is read as %s seconds', (header, seconds) => {
    expect(retryAfterSeconds(header, now)).toBe(seconds);
  });
});
