import { setTimeout as wait } from 'node:timers/promises';

/** When a failed operation is tried again, and how long it waits before that. */
export interface RetryPolicy {
  /** Attempts in all, the first one included. */
  attempts: number;
  /** Seconds before the next attempt, after this many failed ones. Default: no delay. See {@link exponential}. */
  delay?: (failures: number) => number;
  /** Share of the delay that is random: with 0.25, 10 s become 7.5 s to 12.5 s. Default: 0. */
  jitter?: number;
  /** True if another attempt can help. Default: every error. */
  isTransient?: (error: unknown) => boolean;
  /** Seconds that a service asks its callers to wait (`Retry-After`): a lower bound of the delay. */
  retryAfter?: (error: unknown) => number | undefined;
  /** Seconds: the upper bound of what `retryAfter` may ask for. Default: 90. */
  longestRetryAfter?: number;
  /** Called before each delay. */
  onRetry?: (error: Error, seconds: number) => void;
  /** Ends the delay at once and forbids further attempts. */
  signal?: AbortSignal | undefined;
}

const realClock = {
  sleep: async (seconds: number, signal: AbortSignal | undefined): Promise<void> =>
    await wait(seconds * 1000, undefined, { signal }),
  /** Returns a number from 0 to 1. */
  random: Math.random,
};

/** The clock of {@link retry}; tests inject one that does not wait. */
export type RetryClock = typeof realClock;

/**
 * Runs an operation until it succeeds or `policy` forbids another attempt.
 * @param operation receives the number of its attempt, from 1
 * @throws the error of the last attempt; an AbortError once `policy.signal` is aborted
 */
export async function retry<T>(
  policy: RetryPolicy,
  operation: (attempt: number) => Promise<T>,
  clock: RetryClock = realClock,
): Promise<T> {
  const { attempts, delay = () => 0, jitter = 0, retryAfter, isTransient = () => true, signal } = policy;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await operation(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= attempts || !isTransient(error)) throw error;
      const own = delay(attempt) * (1 + jitter * (2 * clock.random() - 1));
      const asked = Math.min(policy.longestRetryAfter ?? 90, retryAfter?.(error) ?? 0);
      const seconds = Math.max(own, asked);
      policy.onRetry?.(error as Error, seconds);
      if (seconds > 0) await clock.sleep(seconds, signal);
    }
  }
}

/** Delays of `first`, `first` × `factor`, `first` × `factor`² … seconds. */
export function exponential(first: number, factor = 2): (failures: number) => number {
  return (failures) => first * factor ** (failures - 1);
}

/** Delays of `step`, 2 × `step`, 3 × `step` … seconds. */
export function linear(step: number): (failures: number) => number {
  return (failures) => failures * step;
}

/** Returns the seconds that a `Retry-After` header asks for. @param now milliseconds since 1970 */
export function retryAfterSeconds(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}
