import { forecast, ranks } from '../../src/shared/planner/forecast.ts';
import { defaultSettings, type ShardSettings } from '../../src/shared/shards/scheduler/settings.ts';
import { matrixEntries } from '../../src/shared/shards/scheduler/size.ts';
import { Clock } from './clock.ts';
import type { LoadedPackage } from './load.ts';
import { seeded } from './random.ts';
import type { Run, Setting } from './setting.ts';
import { SimulatedExchange } from './simulated-exchange.ts';
import type { Job } from './simulated-job.ts';

/** What all jobs of a simulated run share: its circumstances, its artifacts, and what is counted. */
export interface Simulation {
  readonly setting: Setting;
  readonly settings: ShardSettings;
  readonly random: () => number;
  readonly clock: Clock;
  readonly exchange: SimulatedExchange;
  readonly packages: ReadonlyMap<string, LoadedPackage>;
  /** The packages that need a package, by its name. */
  readonly dependents: ReadonlyMap<string, readonly string[]>;
  readonly priority: ReadonlyMap<string, number>;
  /** The packages with the seconds that are expected of them. */
  readonly expected: readonly LoadedPackage[];
  /** Entries of the matrix, sized as a plan does it: by what is expected, not by what will be. */
  readonly entries: number;
  readonly jobs: Job[];
  readonly calls: Run['calls'];
  /** How often each package was built. */
  readonly builds: Map<string, number>;
  readonly givenUp: Set<string>;
  ranOut: number;
  /** Time of the newest heartbeat with results. */
  finishedAt: number;
  largestHeartbeat: [string, string][];
}

/** A run that has not started. */
export function newSimulation(setting: Setting): Simulation {
  const { load, seed, settings = defaultSettings } = setting;
  const clock = new Clock();
  const dependents = new Map<string, string[]>(load.packages.map(({ name }) => [name, []]));
  for (const { name, needs } of load.packages) for (const need of needs) dependents.get(need)?.push(name);
  const expected = load.packages.map((one) => ({ ...one, seconds: one.expected }));
  return {
    ...{ setting, settings, clock, dependents, expected },
    random: seeded(seed * 7919 + setting.shards),
    exchange: new SimulatedExchange(clock),
    packages: new Map(load.packages.map((one) => [one.name, one])),
    priority: ranks(expected),
    entries: matrixEntries(setting.shards, forecast(expected, setting.shards), settings.timeBudget),
    jobs: [],
    calls: { list: 0, claim: 0, publish: 0, heartbeat: 0, read: 0, remove: 0, download: 0 },
    builds: new Map(),
    givenUp: new Set(),
    ...{ ranOut: 0, finishedAt: 0, largestHeartbeat: [] },
  };
}

/** Bytes of the manifests of these results. */
export function manifestBytes({ setting }: Simulation, own: readonly (readonly [string, string])[]): number {
  return own.reduce((sum, [name]) => sum + (setting.manifests?.get(name) ?? 0), 0);
}
