import { shardsThatHelp } from '../../src/shared/planner/forecast.ts';
import * as shards from '../../src/shared/shards/scheduler/shard.ts';
import type { Candidate, Work } from '../../src/shared/shards/scheduler/work.ts';
import { Signal } from './clock.ts';
import type { LoadedPackage } from './load.ts';
import { runnerSpeed } from './setting.ts';
import type { Simulation } from './simulation.ts';

/** One job of a simulated run: its shard, and what it knows of the packages. */
export interface Job {
  shard: shards.Shard;
  /** By package: how many of those that it needs are not done. */
  open: Map<string, number>;
  /** Highest priority first. */
  ready: Candidate[];
  readyOrder: Map<string, number>;
  done: Set<string>;
  /** By package, how long a build ran at least that was ended with its shard's time: here … */
  ran: Map<string, number>;
  /** … and anywhere it knows of. */
  readRan: Map<string, number>;
  /** Artifact that holds a package's result, by package: what this job knows. */
  holds: Map<string, string>;
  local: Set<string>;
  bytes: Map<string, number>;
  speed: number;
  ended: boolean;
  busy: number;
  started: number;
  created: number;
  readBytes: number;
  wake: Signal;
  helping: { done: number; answer: number } | undefined;
}

/** A job that has just started: packages that need nothing are ready. */
export function newJob(simulation: Simulation, id: number): Job {
  const { settings, clock, random } = simulation;
  const { packages } = simulation.setting.load;
  const job: Job = {
    shard: shards.newShard(id, 1, settings, clock.now),
    open: new Map(packages.map(({ name, needs }) => [name, needs.length])),
    ready: [],
    readyOrder: new Map(),
    done: new Set(),
    ran: new Map(),
    readRan: new Map(),
    holds: new Map(),
    local: new Set(),
    bytes: new Map(),
    speed: runnerSpeed(random),
    ended: false,
    busy: 0,
    started: clock.now,
    created: 0,
    readBytes: 0,
    wake: new Signal(),
    helping: undefined,
  };
  for (const { name, needs } of packages) if (needs.length === 0) addReady(simulation, job, name);
  return job;
}

/** The work of a run as the scheduler of one job sees it. */
export function workOf(simulation: Simulation, job: Job): Work {
  const { setting, expected, entries } = simulation;
  const rest = () =>
    expected
      .filter(({ name }) => !job.done.has(name))
      .map((one) => ({ ...one, seconds: expectation(simulation, job, one.name) }));
  return {
    candidates: job.ready.filter(({ package: name }) => !job.shard.building.has(name)),
    left: setting.load.packages.length - job.done.size,
    ...{ peers: { first: 1, last: entries }, elsewhere: [], others: undefined },
    shortest: () => Math.min(...rest().map(({ seconds }) => seconds)),
    helping: () => {
      if (job.helping === undefined || job.helping.done !== job.done.size >> 3)
        job.helping = { done: job.done.size >> 3, answer: shardsThatHelp(rest(), setting.shards) };
      return job.helping.answer;
    },
  };
}

/** Notes that a package is done, and where its result is: packages that waited for it alone become ready. */
export function addResult(
  simulation: Simulation,
  job: Job,
  name: string,
  artifact: string | undefined,
): void {
  if (artifact !== undefined) job.holds.set(name, artifact);
  if (job.done.has(name)) return;
  job.done.add(name);
  job.ready = job.ready.filter((one) => one.package !== name);
  for (const next of simulation.dependents.get(name) ?? []) {
    const open = (job.open.get(next) ?? 0) - 1;
    job.open.set(next, open);
    if (open > 0 || job.done.has(next)) continue;
    addReady(simulation, job, next);
  }
}

/** Notes how long a build ran that was ended with its shard's time: more is expected of its package from now on. */
export function addRan(simulation: Simulation, job: Job, name: string, seconds: number): void {
  job.readRan.set(name, Math.max(seconds, job.readRan.get(name) ?? 0));
  if (!job.ready.some((one) => one.package === name)) return;
  job.ready = job.ready.filter((one) => one.package !== name);
  insert(simulation, job, name);
}

function addReady(simulation: Simulation, job: Job, name: string): void {
  job.readyOrder.set(name, job.readyOrder.size);
  insert(simulation, job, name);
}

function insert(simulation: Simulation, job: Job, name: string): void {
  const rank = rankOf(simulation, job, name);
  const at = job.ready.findIndex((other) => rankOf(simulation, job, other.package) < rank);
  const { needs } = simulation.packages.get(name) as LoadedPackage;
  const seconds = expectation(simulation, job, name);
  job.ready.splice(at === -1 ? job.ready.length : at, 0, { package: name, seconds, needs });
}

function rankOf(simulation: Simulation, job: Job, name: string): number {
  if (simulation.setting.order === 'first in, first out') return -(job.readyOrder.get(name) ?? 0);
  const { expected } = simulation.packages.get(name) as LoadedPackage;
  return (simulation.priority.get(name) ?? 0) + expectation(simulation, job, name) - expected;
}

function expectation({ packages }: Simulation, job: Job, name: string): number {
  return Math.max((packages.get(name) as LoadedPackage).expected, job.readRan.get(name) ?? 0);
}
