import { buildOne } from '../../builder/build-one.ts';
import { isDiskFull } from '../../host/full-disk.ts';
import type { PackageReport } from '../protocol/heartbeat.ts';
import { nextStep } from '../scheduler/next-step.ts';
import * as shards from '../scheduler/shard.ts';
import type { Step, Work } from '../scheduler/work.ts';
import { claim, ownerOf } from './claim.ts';
import { giveUp, startBuild } from './package-builds.ts';
import { progressOf } from './progress.ts';
import { hasUnreported, isBehind, publish, sendHeartbeat } from './publish.ts';
import { type JoinedRun, now, type RunningShard, type ShardOptions } from './running-shard.ts';
import { WakeUp } from './wake-up.ts';

/** Maximum pause between two tries, as a part of the heartbeat interval: a late heartbeat must not come too late. */
const longestPause = 1 / 4;

/**
 * Claims packages of a run, builds them and publishes their results until nothing is left for this shard. A result of
 * another shard counts only under the key that this one computes itself.
 * @param reports what this shard built, and what failed here, by package: grows, and is complete also when this throws
 * @returns why the shard ended
 * @throws Error when the exchange failed for longer than a lease, and this shard has nothing to wait with
 */
export async function runShard(
  run: JoinedRun,
  options: ShardOptions,
  reports = new Map<string, PackageReport>(),
  build = buildOne,
): Promise<string> {
  const { log, signal } = run.state.context;
  const own: RunningShard = {
    ...{ ...run, options, reports, buildOne: build, builds: new Set(), error: undefined },
    ...{ ranOut: new Map(), failing: new Map(), wakeUp: new WakeUp() },
    shard: shards.newShard(options.id, options.attempt, options.settings, options.started),
  };
  const ticker = setInterval(() => log.progress(progressOf(own)), 1000);
  try {
    return await work(own);
  } catch (error) {
    signal.throwIfAborted();
    await leave(own).catch((why: Error) => {
      signal.throwIfAborted();
      log.warn(`Not all that this shard built is published: ${why.message}`);
    });
    throw error;
  } finally {
    clearInterval(ticker);
    await Promise.all(own.builds);
  }
}

/** Asks the scheduler for the next step, performs it, and tries again what fails. @returns why the shard ends */
async function work(own: RunningShard): Promise<string> {
  const { state, shard, wakeUp } = own;
  for (;;) {
    state.context.signal.throwIfAborted();
    wakeUp.clear();
    await resolve(own);
    if (own.error !== undefined) throw own.error;
    const step = nextStep(shard, workOf(own), now());
    if (step.do === 'end') return step.why;
    try {
      await perform(own, step);
      own.failing.delete(step.do);
    } catch (error) {
      // Builds and results that only this shard has are worth waiting for as long as it has time.
      const isKept = (own.builds.size > 0 || hasUnreported(own)) && isInTime(own);
      await pauseAfter(own, step.do, error, own.options.settings.lease, isKept);
    }
  }
}

/** Brings the state up to date. The solver may take minutes: heartbeats that come due meanwhile are sent. */
async function resolve(own: RunningShard): Promise<void> {
  const { state, shard, options } = own;
  const ended = new WakeUp();
  let isResolved = false;
  const resolved = state.resolve(shard.building).finally(() => {
    isResolved = true;
    ended.call();
  });
  const sendHeartbeats = async () => {
    let pause = 0;
    for (;;) {
      // Before its first heartbeat, a shard has no claims that could expire.
      const due = shard.heartbeat === undefined ? Number.POSITIVE_INFINITY : nextHeartbeat(own) - now();
      await ended.wait(Math.max(due, pause), state.context.signal);
      if (isResolved || state.context.signal.aborted) return;
      pause = await sendHeartbeat(own, false).then(
        () => 0,
        (error: Error) => {
          state.context.log.warn(`${error.message.replace(/\.$/, '')}. Tried again.`);
          return options.settings.pollInterval;
        },
      );
    }
  };
  const both = [resolved, sendHeartbeats()];
  await Promise.all(both).finally(() => Promise.allSettled(both));
}

/** Performs a step. Every step can be repeated: its effect is noted when it is done. */
async function perform(own: RunningShard, step: Exclude<Step, { do: 'end' }>): Promise<void> {
  const { shard, exchange } = own;
  switch (step.do) {
    case 'list':
      return shards.listed(shard, await exchange.list(), now());
    case 'find':
      return shards.foundHeartbeat(shard, step.shard, await exchange.find(step.name));
    case 'read': {
      const read = await Promise.all(step.heartbeats.map((one) => own.heartbeats.read(one.artifact)));
      for (const [at, one] of step.heartbeats.entries())
        shards.heartbeatRead(shard, one.shard, one.publication, !read[at]);
      return;
    }
    case 'ask': {
      const owners = await Promise.all(step.claims.map((one) => ownerOf(own, one)));
      for (const [at, one] of step.claims.entries()) shards.ownerFound(shard, one, owners[at]);
      return;
    }
    case 'claim':
      if (await claim(own, step.name)) startBuild(own, step.candidate, step.name);
      return;
    case 'give-up':
      return giveUp(own, step);
    case 'publish':
      return await publish(own, step.packages, step.replaced);
    case 'heartbeat':
      return await sendHeartbeat(own, step.ended);
    case 'remove':
      return await remove(own, step.names);
    case 'wait':
      return await wait(own, step.seconds, step.idle);
  }
}

async function remove({ exchange, shard }: RunningShard, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => exchange.remove(name)));
  shards.removed(shard, names);
}

/** @param idle adds jitter, so that idle shards do not all list at the same time */
async function wait({ wakeUp, state, shard }: RunningShard, seconds: number, idle: boolean): Promise<void> {
  await wakeUp.wait(idle ? seconds * (0.75 + Math.random() / 2) : seconds, state.context.signal);
  shards.waited(shard);
}

function isInTime({ options }: RunningShard): boolean {
  return now() < options.started + options.settings.timeBudget;
}

/**
 * Waits until a step that failed may be tried again. The scheduler chooses the next step after each pause.
 * @param patience seconds of failures after which the step fails for good
 * @param isPatient true if it never fails for good, because builds are running or results are unpublished
 * @throws the error, when the step fails for good
 */
async function pauseAfter(
  own: RunningShard,
  step: string,
  error: unknown,
  patience: number,
  isPatient: boolean,
): Promise<void> {
  const { log, signal } = own.state.context;
  const { pollInterval, heartbeatInterval } = own.options.settings;
  signal.throwIfAborted();
  // A job that builds alone does not poll: its exchange cannot fail, so its errors are no outages.
  if (isDiskFull(error) || !Number.isFinite(pollInterval)) throw error;
  const { since, times } = own.failing.get(step) ?? { since: now(), times: 0 };
  own.failing.set(step, { since, times: times + 1 });
  if (now() - since > patience && !isPatient) throw error;
  log.warn(`${(error as Error).message.replace(/\.$/, '')}. Tried again.`);
  const longest = Math.max(pollInterval, heartbeatInterval * longestPause);
  await wait(own, Math.min(pollInterval * 2 ** times, longest), true);
}

/**
 * Ends the shard after an error. Its other builds go on to their end: meanwhile heartbeats continue, and results are
 * published. Then its obsolete artifacts are removed, and the last heartbeat is sent.
 */
async function leave(own: RunningShard): Promise<void> {
  const { lease, pollInterval } = own.options.settings;
  for (;;) {
    own.state.context.signal.throwIfAborted();
    own.wakeUp.clear();
    const isLast = own.builds.size === 0;
    try {
      await publishRest(own, isLast);
      own.failing.delete('leave');
      if (isLast && !hasUnreported(own)) return;
      if (own.builds.size > 0 && own.shard.pending.size === 0)
        await wait(own, nextHeartbeat(own) - now(), false);
    } catch (error) {
      if (isLast && !hasUnreported(own)) return;
      if (isDiskFull(error) && !isLast) await wait(own, pollInterval, true);
      else await pauseAfter(own, 'leave', error, isInTime(own) ? lease : pollInterval, !isLast);
    }
  }
}

async function publishRest(own: RunningShard, isLast: boolean): Promise<void> {
  const { shard } = own;
  if (!isLast && now() >= nextHeartbeat(own)) await sendHeartbeat(own, false);
  if (shard.pending.size > 0) await publish(own, [...shard.pending.keys()], []);
  if (isLast || isBehind(own)) await sendHeartbeat(own, isLast);
  if (shard.obsoleteArtifacts.length > 0) await remove(own, [...shard.obsoleteArtifacts]);
}

function nextHeartbeat({ shard, options }: RunningShard): number {
  return (shard.heartbeat?.at ?? 0) + options.settings.heartbeatInterval;
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
