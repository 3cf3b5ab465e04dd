import { forecast, ranks, shardsThatHelp } from '../../src/shared/planner/forecast.ts';
import type { ArtifactInfo } from '../../src/shared/shards/protocol/listing.ts';
import { hadWholeBudget, secondsForBuild } from '../../src/shared/shards/scheduler/build-time.ts';
import { nextStep } from '../../src/shared/shards/scheduler/next-step.ts';
import { defaultSettings, type ShardSettings } from '../../src/shared/shards/scheduler/settings.ts';
import * as shards from '../../src/shared/shards/scheduler/shard.ts';
import { matrixEntries } from '../../src/shared/shards/scheduler/size.ts';
import type { Candidate, Step, Work } from '../../src/shared/shards/scheduler/work.ts';
import { Clock, type Course, Signal } from './clock.ts';
import type { Load, LoadedPackage } from './load.ts';
import { seeded } from './random.ts';

/** What a simulated run is like. */
export interface Setting {
  load: Load;
  /** That run at once. */
  shards: number;
  seed: number;
  terms?: ShardSettings;
  /** How many die, each at a random moment of the middle half of the run. */
  deaths?: number;
  /** Highest priority first (as shards do), or whatever became ready first. */
  order?: 'critical path' | 'first in, first out';
  /** Part of the listings that show a random half of what there is. */
  cut?: number;
  /** Bytes of each package's manifest, as a sign of life carries it. */
  manifests?: ReadonlyMap<string, number>;
}

/** What came of it. Times in seconds. */
export interface Run {
  makespan: number;
  /** Of runners that did not build or fetch for a build. */
  idle: number;
  /** Of runners in all. */
  paid: number;
  built: number;
  failed: string[];
  /** Packages built more than once. */
  twice: number;
  /** Builds that were ended with the time of their shard, and left to another. */
  ranOut: number;
  calls: Record<'list' | 'claim' | 'publish' | 'sign' | 'read' | 'remove' | 'download', number>;
  /** Most artifacts listed at any moment, most made by one job, jobs. */
  listed: number;
  made: number;
  jobs: number;
  /** The packages that the sign with the largest manifests told, and most bytes of manifests that signs told one job. */
  largestSign: string[];
  heard: number;
}

/** What is charged, seconds: by call, and for bytes. */
export const charge = { list: 1, claim: 2, publish: 5, read: 5, remove: 1, bytesPerSecond: 50e6, atOnce: 8 };
/** Jobs start up to so many seconds apart. */
export const startUp = 300;
/** GitHub ends a job after so long. */
const jobLimit = 6 * 3600;
/** Runners are up to so much slower or faster than most. */
const speedSpread = 0.1;

/** How many times the usual time a runner takes. */
export function runnerSpeed(random: () => number): number {
  return 1 + speedSpread * (2 * random() - 1);
}

/** What a sign of life tells: which artifact holds a package's result, and how long builds ran that were ended. */
interface Told {
  own: [string, string][];
  ran: ReadonlyMap<string, number>;
}

interface Job {
  shard: shards.Shard;
  /** By package: what needs it and is not ready. */
  open: Map<string, number>;
  /** Highest priority first. */
  ready: Candidate[];
  readyOrder: Map<string, number>;
  done: Set<string>;
  /** By package, how long a build ran at least that was ended with its shard's time: here, and anywhere it knows of. */
  ran: Map<string, number>;
  heardRan: Map<string, number>;
  /** Artifact that holds a package's result, by package: what this job knows. */
  holds: Map<string, string>;
  local: Set<string>;
  bytes: Map<string, number>;
  speed: number;
  ended: boolean;
  busy: number;
  started: number;
  made: number;
  heard: number;
  wake: Signal;
  helping: { done: number; answer: number } | undefined;
}

/** Runs the shards' own scheduler against artifacts and builds that only take time. */
export function simulate(setting: Setting): Run {
  const { load, seed } = setting;
  const terms = setting.terms ?? defaultSettings;
  const random = seeded(seed * 7919 + setting.shards);
  const clock = new Clock();
  const packages = new Map(load.packages.map((one) => [one.name, one]));
  const dependents = new Map<string, string[]>(load.packages.map(({ name }) => [name, []]));
  for (const { name, needs } of load.packages) for (const need of needs) dependents.get(need)?.push(name);
  const priority = ranks(load.packages.map((one) => ({ ...one, seconds: one.expected })));
  const items = new Map<string, ArtifactInfo>();
  const contents = new Map<string, unknown>();
  const sizes = new Map<string, number>();
  const reserved = new Set<string>();
  const builds = new Map<string, number>();
  let ranOut = 0;
  const givenUp = new Set<string>();
  const calls = { list: 0, claim: 0, publish: 0, sign: 0, read: 0, remove: 0, download: 0 };
  const jobs: Job[] = [];
  const expected = load.packages.map((one) => ({ ...one, seconds: one.expected }));
  const length = Math.max(load.work / setting.shards, load.chain);
  // As a plan does it: by what is expected, not by what will be.
  const entries = matrixEntries(setting.shards, forecast(expected, setting.shards), terms.timeBudget);
  let [ids, listed, finishedAt, entry] = [0, 0, 0, 0];
  const bytesTold = (told: readonly (readonly [string, string])[]) =>
    told.reduce((sum, [name]) => sum + (setting.manifests?.get(name) ?? 0), 0);
  let largest: [string, string][] = [];

  const create = function* (
    job: Job,
    name: string,
    seconds: number,
  ): Generator<number, ArtifactInfo | undefined> {
    job.made++;
    const isFree = !reserved.has(name);
    reserved.add(name);
    yield seconds;
    if (!isFree) return undefined;
    const item = { id: ++ids, name, createdAt: clock.now, size: 0 };
    items.set(name, item);
    listed = Math.max(listed, items.size);
    return item;
  };

  const isFifo = setting.order === 'first in, first out';
  const rankOf = (job: Job, name: string) =>
    isFifo
      ? -(job.readyOrder.get(name) ?? 0)
      : (priority.get(name) ?? 0) + expectation(job, name) - (packages.get(name) as LoadedPackage).expected;
  const workOf = (job: Job): Work => {
    const rest = () =>
      expected
        .filter(({ name }) => !job.done.has(name))
        .map((one) => ({ ...one, seconds: expectation(job, one.name) }));
    return {
      candidates: job.ready.filter(({ package: name }) => !job.shard.building.has(name)),
      left: load.packages.length - job.done.size,
      ...{ peers: { first: 1, last: entries }, elsewhere: [], others: undefined },
      shortest: () => Math.min(...rest().map(({ seconds }) => seconds)),
      helping: () => {
        if (job.helping === undefined || job.helping.done !== job.done.size >> 3)
          job.helping = { done: job.done.size >> 3, answer: shardsThatHelp(rest(), setting.shards) };
        return job.helping.answer;
      },
    };
  };

  const expectation = (job: Job, name: string) =>
    Math.max((packages.get(name) as LoadedPackage).expected, job.heardRan.get(name) ?? 0);

  const hearRan = (job: Job, name: string, seconds: number) => {
    job.heardRan.set(name, Math.max(seconds, job.heardRan.get(name) ?? 0));
    if (!job.ready.some((one) => one.package === name)) return;
    job.ready = job.ready.filter((one) => one.package !== name);
    insert(job, name);
  };

  const insert = (job: Job, name: string) => {
    const rank = rankOf(job, name);
    const at = job.ready.findIndex((other) => rankOf(job, other.package) < rank);
    const { needs } = packages.get(name) as LoadedPackage;
    const seconds = expectation(job, name);
    job.ready.splice(at === -1 ? job.ready.length : at, 0, { package: name, seconds, needs });
  };

  const offer = (job: Job, name: string) => {
    job.readyOrder.set(name, job.readyOrder.size);
    insert(job, name);
  };

  const learn = (job: Job, name: string, artifact: string | undefined) => {
    if (artifact !== undefined) job.holds.set(name, artifact);
    if (job.done.has(name)) return;
    job.done.add(name);
    job.ready = job.ready.filter((one) => one.package !== name);
    for (const next of dependents.get(name) ?? []) {
      const open = (job.open.get(next) ?? 0) - 1;
      job.open.set(next, open);
      if (open > 0 || job.done.has(next)) continue;
      offer(job, next);
    }
  };

  const build = function* (job: Job, name: string): Course {
    const { needs, seconds } = packages.get(name) as LoadedPackage;
    const started = clock.now;
    const wanted = new Set(needs.filter((need) => !job.local.has(need)).map((need) => job.holds.get(need)));
    wanted.delete(undefined);
    const bytes = [...wanted].reduce((sum, artifact) => sum + (sizes.get(artifact as string) ?? 0), 0);
    calls.download += wanted.size;
    yield Math.ceil(wanted.size / charge.atOnce) * charge.read + bytes / charge.bytesPerSecond;
    for (const [one, artifact] of job.holds) if (wanted.has(artifact)) job.local.add(one);
    const given = secondsForBuild(terms, clock.now - job.started);
    yield Math.min(seconds * job.speed, given);
    job.busy += clock.now - started;
    if (seconds * job.speed > given) return outOfTime(job, name, clock.now - started);
    job.local.add(name);
    builds.set(name, (builds.get(name) ?? 0) + 1);
    finish(job, name, (packages.get(name) as LoadedPackage).bytes);
  };

  const outOfTime = (job: Job, name: string, ran: number) => {
    if (hadWholeBudget(terms, ran)) {
      givenUp.add(name);
      return finish(job, name, 0);
    }
    ranOut++;
    job.ran.set(name, ran);
    hearRan(job, name, ran);
    shards.ranOut(job.shard, name);
    job.wake.fire();
  };

  const finish = (job: Job, name: string, bytes: number) => {
    job.bytes.set(name, bytes);
    shards.finished(job.shard, name, bytes, clock.now);
    learn(job, name, undefined);
    job.wake.fire();
  };

  const perform = function* (job: Job, step: Step): Course {
    const { shard } = job;
    if (step.do === 'list') {
      calls.list++;
      yield charge.list;
      const isCut = random() < (setting.cut ?? 0);
      const shown = [...items.values()].filter(() => !isCut || random() < 0.5);
      shards.listed(shard, shown, clock.now);
    } else if (step.do === 'find') {
      calls.list++;
      yield charge.list;
      shards.foundHeartbeat(shard, step.shard, items.get(step.name));
    } else if (step.do === 'read') {
      calls.read += step.heartbeats.length;
      yield charge.read;
      for (const { shard: id, publication, artifact } of step.heartbeats) {
        const gone = !items.has(artifact.name);
        shards.heartbeatRead(shard, id, publication, gone);
        if (gone) continue;
        const { own, ran } = contents.get(artifact.name) as Told;
        job.heard += bytesTold(own);
        for (const [name, artifact] of own) learn(job, name, artifact);
        for (const [name, seconds] of ran) hearRan(job, name, seconds);
      }
    } else if (step.do === 'ask') {
      calls.read += step.claims.length;
      yield charge.read;
      for (const one of step.claims) shards.ownerFound(shard, one, contents.get(one.name) as number);
    } else if (step.do === 'claim') {
      calls.claim++;
      const made = yield* create(job, step.name, charge.claim);
      if (made === undefined) shards.refused(shard, step.name, clock.now);
      else {
        // Whoever had the name before.
        contents.set(step.name, shard.id);
        shards.claimed(shard, step.candidate.package, step.name, step.candidate.seconds, clock.now);
        clock.start(build(job, step.candidate.package), () => job.ended);
      }
    } else if (step.do === 'give-up') {
      givenUp.add(step.package);
      finish(job, step.package, 0);
    } else if (step.do === 'publish') {
      calls.publish++;
      const bytes = step.packages.reduce((sum, name) => sum + (job.bytes.get(name) ?? 0), 0);
      const name = shards.nextResultName(shard);
      sizes.set(name, bytes);
      yield* create(job, name, charge.publish + bytes / charge.bytesPerSecond);
      for (const one of step.packages) job.holds.set(one, name);
      shards.published(shard, name, step.packages, bytes, step.replaced);
    } else if (step.do === 'heartbeat') {
      calls.sign++;
      const name = shards.nextHeartbeatName(shard, step.ended);
      const own = [...shard.published].flatMap(([artifact, one]) =>
        one.packages.map((it): [string, string] => [it, artifact]),
      );
      if (bytesTold(own) > bytesTold(largest)) largest = own;
      contents.set(name, { own, ran: new Map(job.ran) } satisfies Told);
      const item = yield* create(job, name, charge.publish);
      shards.heartbeatSent(shard, item as ArtifactInfo, clock.now);
      if (own.length > 0) finishedAt = clock.now;
    } else if (step.do === 'remove') {
      calls.remove += step.names.length;
      yield charge.remove;
      for (const name of step.names) {
        items.delete(name);
        reserved.delete(name);
      }
      shards.removed(shard, step.names);
    } else if (step.do === 'wait') {
      const jitter = step.idle ? 0.75 + random() / 2 : 1;
      yield { atMost: step.seconds * jitter, or: job.wake };
      shards.waited(shard);
    }
  };

  const talk = function* (job: Job): Course {
    for (;;) {
      const step = nextStep(job.shard, workOf(job), clock.now);
      if (step.do === 'end') break;
      yield* perform(job, step);
    }
    stop(job);
  };

  const stop = (job: Job) => {
    if (job.ended) return;
    job.ended = true;
    for (const { since } of job.shard.building.values()) job.busy += clock.now - since;
    const lifetime = clock.now - job.started;
    job.busy = Math.min(job.busy, lifetime);
    job.started = lifetime;
    startNext();
  };

  const startNext = () => {
    if (entry >= entries) return;
    entry++;
    const id = entry;
    clock.after(random() * startUp, () => {
      const job: Job = {
        shard: shards.newShard(id, 1, terms, clock.now),
        open: new Map(load.packages.map(({ name, needs }) => [name, needs.length])),
        ready: [],
        readyOrder: new Map(),
        done: new Set(),
        ran: new Map(),
        heardRan: new Map(),
        holds: new Map(),
        local: new Set(),
        bytes: new Map(),
        speed: runnerSpeed(random),
        ended: false,
        busy: 0,
        started: clock.now,
        made: 0,
        heard: 0,
        wake: new Signal(),
        helping: undefined,
      };
      jobs.push(job);
      for (const { name, needs } of load.packages) if (needs.length === 0) offer(job, name);
      clock.start(talk(job), () => job.ended);
      clock.after(jobLimit, () => stop(job));
    });
  };

  for (let count = 0; count < setting.shards; count++) startNext();
  for (let count = 0; count < (setting.deaths ?? 0); count++) {
    clock.after(length * (0.25 + random() / 2), () => {
      const live = jobs.filter(({ ended }) => !ended);
      const victim = live[Math.floor(random() * live.length)];
      if (victim !== undefined) stop(victim);
    });
  }
  clock.run();
  const paid = jobs.reduce((sum, job) => sum + job.started, 0);
  return {
    makespan: finishedAt,
    idle: paid - jobs.reduce((sum, job) => sum + job.busy, 0),
    paid,
    built: builds.size,
    failed: [...givenUp],
    twice: [...builds.values()].filter((count) => count > 1).length,
    ranOut,
    calls,
    listed,
    made: Math.max(...jobs.map(({ made }) => made)),
    jobs: jobs.length,
    largestSign: largest.map(([name]) => name),
    heard: Math.max(...jobs.map(({ heard }) => heard)),
  };
}
