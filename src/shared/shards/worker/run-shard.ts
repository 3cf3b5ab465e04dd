import { buildOne } from '../../builder/build-one.ts';
import { isDiskFull } from '../../host/full-disk.ts';
import type { PackageReport } from '../protocol/heartbeat.ts';
import { nextStep } from '../scheduler/next-step.ts';
import * as shards from '../scheduler/shard.ts';
import type { Step, Work } from '../scheduler/work.ts';
import { claim } from './claim.ts';
import { Courier } from './courier.ts';
import { progressOf } from './progress.ts';
import {
  type JoinedRun,
  newRunningShard,
  now,
  type RunningShard,
  type ShardOptions,
} from './running-shard.ts';
import { ShardBuilds } from './shard-builds.ts';
import { StepRetries } from './step-retries.ts';

/**
 * Claims packages of a run, builds them and publishes their results until nothing is left for this shard. A result of
 * another shard counts only under the key that this one computes itself.
 * @param reports what this shard built, and what failed here, by package: grows, and is complete also when this throws
 * @param build builds one package
 * @returns why the shard ended
 * @throws Error when the exchange failed for longer than a lease, and this shard has nothing to wait with
 */
export async function runShard(
  run: JoinedRun,
  options: ShardOptions,
  reports = new Map<string, PackageReport>(),
  build = buildOne,
): Promise<string> {
  return await new ShardLoop(newRunningShard(run, options, reports), build).run();
}

/** The loop of a shard: asks the scheduler for the next step, performs it, and tries again what fails. */
class ShardLoop {
  private readonly own: RunningShard;
  private readonly builds: ShardBuilds;
  private readonly courier: Courier;
  private readonly retries: StepRetries;

  constructor(own: RunningShard, build: typeof buildOne) {
    this.own = own;
    this.builds = new ShardBuilds(own, build);
    this.courier = new Courier(own, (name) => this.builds.abandon(name));
    this.retries = new StepRetries(own);
  }

  private get signal(): AbortSignal {
    return this.own.state.context.signal;
  }

  async run(): Promise<string> {
    const { log } = this.own.state.context;
    const ticker = setInterval(() => log.progress(progressOf(this.own)), 1000);
    try {
      return await this.work();
    } catch (error) {
      this.signal.throwIfAborted();
      await this.leave().catch((why: Error) => {
        this.signal.throwIfAborted();
        log.warn(`Not all that this shard built is published: ${why.message}`);
      });
      throw error;
    } finally {
      clearInterval(ticker);
      await this.builds.allEnded();
    }
  }

  private async work(): Promise<string> {
    const { state, shard, wakeUp } = this.own;
    for (;;) {
      this.signal.throwIfAborted();
      wakeUp.clear();
      await state.resolve(shard.building);
      if (this.builds.error !== undefined) throw this.builds.error;
      const step = nextStep(shard, workOf(this.own), now());
      if (step.do === 'end') return step.why;
      try {
        await this.perform(step);
        this.retries.succeeded(step.do);
      } catch (error) {
        // Builds and results that only this shard has are worth waiting for as long as it has time.
        const isKept = (this.builds.size > 0 || this.courier.hasUnreported) && this.isInTime();
        await this.retries.pause(step.do, error, this.own.options.settings.lease, isKept);
      }
    }
  }

  private async perform(step: Exclude<Step, { do: 'end' }>): Promise<void> {
    const { courier, builds, own } = this;
    switch (step.do) {
      case 'list':
        return await courier.list();
      case 'find':
        return await courier.find(step.shard, step.name);
      case 'read':
        return await courier.read(step.heartbeats);
      case 'ask':
        return await courier.ask(step.claims);
      case 'claim':
        if (await claim(own, step.name)) builds.start(step.candidate, step.name);
        return;
      case 'give-up':
        return builds.giveUp(step.package, step.reason);
      case 'publish':
        return await courier.publish(step.packages, step.replaced);
      case 'heartbeat':
        return await courier.heartbeat(step.ended);
      case 'remove':
        return await courier.remove(step.names);
      case 'wait':
        return await this.wait(step.seconds, step.idle);
    }
  }

  /** @param idle adds jitter, so that idle shards do not all list at the same time */
  private async wait(seconds: number, idle: boolean): Promise<void> {
    await this.own.wakeUp.wait(idle ? seconds * (0.75 + Math.random() / 2) : seconds, this.signal);
    shards.waited(this.own.shard);
  }

  private isInTime(): boolean {
    const { started, settings } = this.own.options;
    return now() < started + settings.timeBudget;
  }

  /**
   * Ends the shard after an error. Its other builds go on to their end: meanwhile heartbeats continue, and results are
   * published. Then its obsolete artifacts are removed, and the last heartbeat is sent.
   */
  private async leave(): Promise<void> {
    const { lease, pollInterval } = this.own.options.settings;
    for (;;) {
      this.signal.throwIfAborted();
      this.own.wakeUp.clear();
      const isLast = this.builds.size === 0;
      try {
        await this.publishRest(isLast);
        this.retries.succeeded('leave');
        if (isLast && !this.courier.hasUnreported) return;
        if (this.builds.size > 0 && this.own.shard.pending.size === 0)
          await this.wait(this.nextHeartbeat() - now(), false);
      } catch (error) {
        if (isLast && !this.courier.hasUnreported) return;
        if (isDiskFull(error) && !isLast) await this.wait(pollInterval, true);
        else await this.retries.pause('leave', error, this.isInTime() ? lease : pollInterval, !isLast);
      }
    }
  }

  private async publishRest(isLast: boolean): Promise<void> {
    const { courier } = this;
    const { shard } = this.own;
    if (!isLast && now() >= this.nextHeartbeat()) await courier.heartbeat(false);
    if (shard.pending.size > 0) await courier.publish([...shard.pending.keys()], []);
    if (isLast || courier.isBehind) await courier.heartbeat(isLast);
    if (shard.obsoleteArtifacts.length > 0) await courier.remove([...shard.obsoleteArtifacts]);
  }

  private nextHeartbeat(): number {
    const { shard, options } = this.own;
    return (shard.heartbeat?.at ?? 0) + options.settings.heartbeatInterval;
  }
}

/** Returns what there is to do in the run, for the scheduler. */
function workOf({ state, shard, options }: RunningShard): Work {
  const { peers, others, most, takes } = options;
  const left = state.left().filter(takes);
  const candidates = state.candidates().filter(({ package: name }) => !shard.building.has(name));
  return {
    candidates: candidates.filter((one) => takes(one.package)),
    elsewhere: candidates.filter((one) => !takes(one.package)),
    ...{ left: left.length, peers, others },
    shortest: () => Math.min(...left.map((name) => state.expected(name))),
    helping: () => state.helping(most),
  };
}
