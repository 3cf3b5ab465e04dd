import type { ArtifactInfo } from '../../src/shared/shards/protocol/listing.ts';
import { hadWholeBudget, secondsForBuild } from '../../src/shared/shards/scheduler/build-time.ts';
import * as shards from '../../src/shared/shards/scheduler/shard.ts';
import type { Step } from '../../src/shared/shards/scheduler/work.ts';
import type { Course } from './clock.ts';
import type { LoadedPackage } from './load.ts';
import { charge } from './setting.ts';
import type { HeartbeatContent } from './simulated-exchange.ts';
import { addRan, addResult, type Job } from './simulated-job.ts';
import { manifestBytes, type Simulation } from './simulation.ts';

type StepOf<Do extends Step['do']> = Extract<Step, { do: Do }>;

/** Does what the scheduler of a job decided, except for its end. */
export function* perform(simulation: Simulation, job: Job, step: Step): Course {
  switch (step.do) {
    case 'list':
      return yield* list(simulation, job);
    case 'find':
      simulation.calls.list++;
      yield charge.list;
      return shards.foundHeartbeat(job.shard, step.shard, simulation.exchange.artifacts.get(step.name));
    case 'read':
      return yield* read(simulation, job, step);
    case 'ask':
      simulation.calls.read += step.claims.length;
      yield charge.read;
      for (const one of step.claims)
        shards.ownerFound(job.shard, one, simulation.exchange.owners.get(one.name) as number);
      return;
    case 'claim':
      return yield* claim(simulation, job, step);
    case 'give-up':
      simulation.givenUp.add(step.package);
      return finish(simulation, job, step.package, 0);
    case 'publish':
      return yield* publish(simulation, job, step);
    case 'heartbeat':
      return yield* sendHeartbeat(simulation, job, step);
    case 'remove':
      simulation.calls.remove += step.names.length;
      yield charge.remove;
      for (const name of step.names) simulation.exchange.remove(name);
      return shards.removed(job.shard, step.names);
    case 'wait': {
      const jitter = step.idle ? 0.75 + simulation.random() / 2 : 1;
      yield { atMost: step.seconds * jitter, or: job.wake };
      return shards.waited(job.shard);
    }
  }
}

function* list({ calls, setting, random, exchange, clock }: Simulation, job: Job): Course {
  calls.list++;
  yield charge.list;
  const isCut = random() < (setting.cut ?? 0);
  const shown = [...exchange.artifacts.values()].filter(() => !isCut || random() < 0.5);
  shards.listed(job.shard, shown, clock.now);
}

function* read(simulation: Simulation, job: Job, step: StepOf<'read'>): Course {
  const { calls, exchange } = simulation;
  calls.read += step.heartbeats.length;
  yield charge.read;
  for (const { shard, publication, artifact } of step.heartbeats) {
    const gone = !exchange.artifacts.has(artifact.name);
    shards.heartbeatRead(job.shard, shard, publication, gone);
    if (gone) continue;
    const { own, ran } = exchange.heartbeats.get(artifact.name) as HeartbeatContent;
    job.readBytes += manifestBytes(simulation, own);
    for (const [name, holder] of own) addResult(simulation, job, name, holder);
    for (const [name, seconds] of ran) addRan(simulation, job, name, seconds);
  }
}

function* claim(simulation: Simulation, job: Job, step: StepOf<'claim'>): Course {
  const { calls, clock, exchange } = simulation;
  calls.claim++;
  job.created++;
  const { name, candidate } = step;
  const created = yield* exchange.create(name, charge.claim);
  if (created === undefined) return shards.refused(job.shard, name, clock.now);
  // Replaces the owner of an earlier claim of that name.
  exchange.owners.set(name, job.shard.id);
  shards.claimed(job.shard, candidate.package, name, candidate.seconds, clock.now);
  clock.start(build(simulation, job, candidate.package), () => job.ended);
}

function* publish({ calls, exchange }: Simulation, job: Job, step: StepOf<'publish'>): Course {
  calls.publish++;
  job.created++;
  const bytes = step.packages.reduce((sum, name) => sum + (job.bytes.get(name) ?? 0), 0);
  const name = shards.nextResultName(job.shard);
  exchange.sizes.set(name, bytes);
  yield* exchange.create(name, charge.publish + bytes / charge.bytesPerSecond);
  for (const one of step.packages) job.holds.set(one, name);
  shards.published(job.shard, name, step.packages, bytes, step.replaced);
}

function* sendHeartbeat(simulation: Simulation, job: Job, step: StepOf<'heartbeat'>): Course {
  const { calls, clock, exchange } = simulation;
  calls.heartbeat++;
  job.created++;
  const name = shards.nextHeartbeatName(job.shard, step.ended);
  const own = [...job.shard.published].flatMap(([artifact, one]) =>
    one.packages.map((it): [string, string] => [it, artifact]),
  );
  if (manifestBytes(simulation, own) > manifestBytes(simulation, simulation.largestHeartbeat))
    simulation.largestHeartbeat = own;
  exchange.heartbeats.set(name, { own, ran: new Map(job.ran) });
  const artifact = yield* exchange.create(name, charge.publish);
  shards.heartbeatSent(job.shard, artifact as ArtifactInfo, clock.now);
  if (own.length > 0) simulation.finishedAt = clock.now;
}

/** A build: downloads what the package needs, then takes its time. */
function* build(simulation: Simulation, job: Job, name: string): Course {
  const { calls, clock, exchange, settings, builds } = simulation;
  const { needs, seconds, bytes: size } = simulation.packages.get(name) as LoadedPackage;
  const started = clock.now;
  const wanted = new Set(needs.filter((need) => !job.local.has(need)).map((need) => job.holds.get(need)));
  wanted.delete(undefined);
  const bytes = [...wanted].reduce((sum, one) => sum + (exchange.sizes.get(one as string) ?? 0), 0);
  calls.download += wanted.size;
  yield Math.ceil(wanted.size / charge.atOnce) * charge.read + bytes / charge.bytesPerSecond;
  for (const [one, artifact] of job.holds) if (wanted.has(artifact)) job.local.add(one);
  const given = secondsForBuild(settings, clock.now - job.started);
  yield Math.min(seconds * job.speed, given);
  job.busy += clock.now - started;
  if (seconds * job.speed > given) return outOfTime(simulation, job, name, clock.now - started);
  job.local.add(name);
  builds.set(name, (builds.get(name) ?? 0) + 1);
  finish(simulation, job, name, size);
}

function outOfTime(simulation: Simulation, job: Job, name: string, ran: number): void {
  if (hadWholeBudget(simulation.settings, ran)) {
    simulation.givenUp.add(name);
    finish(simulation, job, name, 0);
    return;
  }
  simulation.ranOut++;
  job.ran.set(name, ran);
  addRan(simulation, job, name, ran);
  shards.reported(job.shard, name);
  job.wake.fire();
}

function finish(simulation: Simulation, job: Job, name: string, bytes: number): void {
  job.bytes.set(name, bytes);
  shards.finished(job.shard, name, bytes, simulation.clock.now);
  addResult(simulation, job, name, undefined);
  job.wake.fire();
}
