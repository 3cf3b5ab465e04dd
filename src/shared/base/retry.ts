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

/** The clock of {@link retry}; tests inject one that does not wait. */
export interface RetryClock {
  sleep(seconds: number, signal: AbortSignal | undefined): Promise<void>;
  /** A number from 0 to 1. */
  random(): number;
}

const realClock: RetryClock = {
  sleep: async (seconds, signal) => await wait(seconds * 1000, undefined, { signal }),
  random: Math.random,
};

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
  const { attempts, isTransient = () => true, signal } = policy;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await operation(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= attempts || !isTransient(error)) throw error;
      const seconds = delayAfter(policy, attempt, error, clock.random());
      policy.onRetry?.(error as Error, seconds);
      if (seconds > 0) await clock.sleep(seconds, signal);
    }
  }
}

/** @param random a number from 0 to 1 */
function delayAfter(policy: RetryPolicy, failures: number, error: unknown, random: number): number {
  const { delay = () => 0, jitter = 0, retryAfter, longestRetryAfter = 90 } = policy;
  const own = delay(failures) * (1 + jitter * (2 * random - 1));
  return Math.max(own, Math.min(longestRetryAfter, retryAfter?.(error) ?? 0));
}

/** Delays of `first`, `first` × `factor`, `first` × `factor`² … seconds. */
export function exponential(first: number, factor = 2): (failures: number) => number {
  return (failures) => first * factor ** (failures - 1);
}

/** Delays of `step`, 2 × `step`, 3 × `step` … seconds. */
export function linear(step: number): (failures: number) => number {
  return (failures) => failures * step;
}

/**
 * Returns the seconds that the value of a `Retry-After` header asks for: a number, or the distance to a date.
 * @param now milliseconds since 1970
 */
export function retryAfterSeconds(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}
