import { isDiskFull } from '../../host/full-disk.ts';
import { waited } from '../scheduler/shard.ts';
import { now, type RunningShard } from './running-shard.ts';

/** Maximum pause between two tries, as a part of the heartbeat interval: a late heartbeat must not come too late. */
const longestPause = 1 / 4;

/**
 * Paces the repetition of steps that fail. The scheduler chooses the next step after each pause, so this is no
 * {@link retry} of one operation.
 */
export class StepRetries {
  private readonly own: RunningShard;
  /** Failing kinds of steps: since when, and how often. */
  private readonly failing = new Map<string, { since: number; times: number }>();

  constructor(own: RunningShard) {
    this.own = own;
  }

  succeeded(step: string): void {
    this.failing.delete(step);
  }

  /**
   * Waits until a step that failed may be tried again. Every step can be repeated: its effect is noted when it is done.
   * @param patience seconds of failures after which the step fails for good
   * @param isPatient true if it never fails for good, because builds are running or results are unpublished
   * @throws the error, when the step fails for good
   */
  async pause(step: string, error: unknown, patience: number, isPatient: boolean): Promise<void> {
    const { state, options, shard, wakeUp } = this.own;
    const { log, signal } = state.context;
    const { pollInterval, heartbeatInterval } = options.settings;
    signal.throwIfAborted();
    // A job that builds alone does not poll: its exchange cannot fail, so its errors are no outages.
    if (isDiskFull(error) || !Number.isFinite(pollInterval)) throw error;
    const { since, times } = this.failing.get(step) ?? { since: now(), times: 0 };
    this.failing.set(step, { since, times: times + 1 });
    if (now() - since > patience && !isPatient) throw error;
    log.warn(`${(error as Error).message.replace(/\.$/, '')}. Tried again.`);
    const longest = Math.max(pollInterval, heartbeatInterval * longestPause);
    await wakeUp.wait(Math.min(pollInterval * 2 ** times, longest) * (0.75 + Math.random() / 2), signal);
    waited(shard);
  }
}
