import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../../scripts/build-dist.ts';
import { withBlock } from '../../scripts/markdown.ts';
import { compactAt, defaultSettings } from '../../src/shared/shards/scheduler/settings.ts';
import { sizeMatrices } from '../../src/shared/shards/scheduler/size.ts';
import { azureLinux, factsFolder, readFacts } from './azure-linux.ts';
import { type FirstRun, type Row, type ScheduleResults, scheduleFigures } from './figures.ts';
import { limits, passedLimits } from './limits.ts';
import { makeLoad, withoutHistory } from './load.ts';
import { assignedInAdvance, levelPerMatrix } from './policies.ts';
import type { Run } from './setting.ts';
import { simulateAll } from './simulations.ts';

const seeds = 20;
/** Seeds for the first runs. */
const firstSeeds = 10;
/** Hours of all builds together. */
const hours = 170;

const facts = factsFolder('the scheduler', 'bench-schedule');
const needs = azureLinux(readFacts(facts));
const loads = Array.from({ length: seeds }, (_, at) => makeLoad(needs, hours, at + 1));
const bad: string[] = [];

async function measure(shards: number, deaths = 0): Promise<Row> {
  const bounds = loads.map((load) => Math.max(load.work / shards, load.chain));
  const settings = loads.map((load, at) => ({ load, shards, seed: at + 1, deaths }));
  const ratio = (at: number, run: Run) => run.makespan / (bounds[at] as number);
  const runs = await simulateAll(settings, (at, run) =>
    process.stderr.write(`${shards} shards, seed ${at + 1}: ${ratio(at, run).toFixed(3)}\n`),
  );
  for (const [at, run] of runs.entries())
    bad.push(...passedLimits(run, needs.size).map((one) => `${shards} shards, seed ${at + 1}: ${one}`));
  const pulled = runs.map((run, at) => ratio(at, run));
  const compared = deaths === 0;
  const fifo = await simulateAll(
    compared ? settings.map((one) => ({ ...one, order: 'first in, first out' as const })) : [],
    () => {},
  );
  const over = (makespan: typeof levelPerMatrix) =>
    compared ? loads.map((load, at) => makespan(load, shards, at + 1) / (bounds[at] as number)) : [];
  const of = (list: readonly number[]) => (list.length === 0 ? null : round(mean(list)));
  return {
    shards,
    deaths,
    ratio: round(mean(pulled)),
    worst: round(Math.max(...pulled)),
    levelPerMatrix: of(over(levelPerMatrix)),
    assignedInAdvance: of(over(assignedInAdvance)),
    firstInFirstOut: of(fifo.map((run, at) => ratio(at, run))),
    idle: round(mean(runs.map(({ idle, paid }) => idle / paid))),
    idleHours: round(mean(runs.map(({ idle }) => idle / 3600))),
    hours: round(mean(runs.map(({ makespan }) => makespan / 3600))),
    listed: Math.max(...runs.map(({ listed }) => listed)),
    createdByJob: Math.max(...runs.map(({ createdByJob }) => createdByJob)),
    jobs: Math.max(...runs.map(({ jobs }) => jobs)),
    calls: Math.round(mean(runs.map(({ calls }) => Object.values(calls).reduce((sum, one) => sum + one, 0)))),
  };
}

/** Measures a run without a history: its plan guesses durations, and all packages are built all the same. */
async function measureFirst(maxShards: number): Promise<FirstRun> {
  const { timeBudget } = defaultSettings;
  const bounds = { most: maxShards, timeBudget };
  const settings = loads.slice(0, firstSeeds).map((known, at) => {
    const load = withoutHistory(known, timeBudget);
    const tasks = load.packages.map((one) => ({ ...one, seconds: one.expected }));
    const size = sizeMatrices(tasks, () => false, bounds, bounds);
    return { load, size, shards: size.shards, seed: at + 1 };
  });
  const simulated = await simulateAll(settings, (at, run) =>
    process.stderr.write(`first run, ${maxShards} shards, seed ${at + 1}: ${run.built} built\n`),
  );
  const runs = simulated.map((run, at) => {
    const { load, size, seed } = settings[at] as (typeof settings)[number];
    const passed = passedLimits(run, needs.size);
    bad.push(...passed.map((one) => `first run, ${maxShards} shards, seed ${seed}: ${one}`));
    return { ...run, ...size, ratio: run.makespan / Math.max(load.work / maxShards, load.chain) };
  });
  return {
    maxShards,
    shards: Math.max(...runs.map(({ shards }) => shards)),
    entries: Math.max(...runs.map(({ entries }) => entries)),
    seeds: runs.length,
    built: Math.min(...runs.map(({ built }) => built)),
    ratio: round(mean(runs.map(({ ratio }) => ratio))),
    hours: round(mean(runs.map(({ makespan }) => makespan / 3600))),
    idle: round(mean(runs.map(({ idle, paid }) => idle / paid))),
    ranOut: Math.max(...runs.map(({ ranOut }) => ranOut)),
  };
}

function mean(list: readonly number[]): number {
  return list.reduce((sum, one) => sum + one, 0) / list.length;
}

function round(number: number): number {
  return Math.round(number * 1000) / 1000;
}

const results: ScheduleResults = {
  schema: 'azl/bench-schedule',
  version: 2,
  command: 'make bench-schedule',
  packages: needs.size,
  hours,
  seeds,
  compactAt,
  limits,
  firstRuns: [await measureFirst(8), await measureFirst(20)],
  rows: [await measure(8), await measure(20), await measure(60), await measure(20, 3)],
};
for (const row of results.rows) {
  const most = row.deaths > 0 ? 1.15 : 1.05;
  if (row.ratio > most) bad.push(`${row.shards} shards, ${row.deaths} deaths: ${row.ratio} is over ${most}`);
  if (row.idle > 0.15) bad.push(`${row.shards} shards: ${row.idle} of the runners' time is idle`);
}
writeFileSync(join(repository, 'bench', 'schedule', 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
const page = join(repository, 'docs', 'shards.md');
writeFileSync(
  page,
  withBlock(readFileSync(page, 'utf8'), 'bench-schedule', `\n${scheduleFigures(results)}\n`),
);
console.log(scheduleFigures(results));
for (const one of bad) console.error(`Failed: ${one}`);
if (bad.length > 0) process.exitCode = 1;
