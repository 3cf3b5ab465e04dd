import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../../scripts/build-dist.ts';
import { withBlock } from '../../src/shared/report/markdown.ts';
import { foldAt } from '../../src/shared/schedule/terms.ts';
import { azureLinux, readFacts } from './azure-linux.ts';
import { type Row, type ScheduleResults, scheduleFigures } from './figures.ts';
import { limits, passedLimits } from './limits.ts';
import { makeLoad } from './load.ts';
import { assignedInAdvance, levelPerMatrix } from './policies.ts';
import { type Run, simulate } from './simulate.ts';

const seeds = 20;
/** Hours of all builds together. */
const hours = 170;

const facts = process.env['FACTS_DIR'] ?? '';
if (!existsSync(join(facts, 'azl3-specs.jsonl.gz'))) {
  console.error(
    `FACTS_DIR='${facts}' does not hold azl3-specs.jsonl.gz and azl3-toolchain_x86_64.txt, the facts of Azure Linux 3.0 that the scheduler is measured on: nothing was measured. Give the folder: make bench-schedule FACTS_DIR=<folder>`,
  );
  process.exit(1);
}
const needs = azureLinux(readFacts(facts));
const loads = Array.from({ length: seeds }, (_, at) => makeLoad(needs, hours, at + 1));
const bad: string[] = [];

function measure(shards: number, deaths = 0): Row {
  const pulled: number[] = [];
  const others = { level: [] as number[], assigned: [] as number[], fifo: [] as number[] };
  const runs: Run[] = [];
  for (const [at, load] of loads.entries()) {
    const seed = at + 1;
    const bound = Math.max(load.work / shards, load.chain);
    const run = simulate({ load, shards, seed, deaths });
    bad.push(...passedLimits(run, needs.size).map((one) => `${shards} shards, seed ${seed}: ${one}`));
    runs.push(run);
    pulled.push(run.makespan / bound);
    if (deaths === 0) {
      others.level.push(levelPerMatrix(load, shards, seed) / bound);
      others.assigned.push(assignedInAdvance(load, shards, seed) / bound);
      const fifo = simulate({ load, shards, seed, order: 'first in, first out' });
      others.fifo.push(fifo.makespan / bound);
    }
    process.stderr.write(`${shards} shards, seed ${seed}: ${(run.makespan / bound).toFixed(3)}\n`);
  }
  const mean = (list: readonly number[]) => list.reduce((sum, one) => sum + one, 0) / list.length;
  const of = (list: readonly number[]) => (list.length === 0 ? null : round(mean(list)));
  return {
    shards,
    deaths,
    ratio: round(mean(pulled)),
    worst: round(Math.max(...pulled)),
    levelPerMatrix: of(others.level),
    assignedInAdvance: of(others.assigned),
    firstInFirstOut: of(others.fifo),
    idle: round(mean(runs.map(({ idle, paid }) => idle / paid))),
    idleHours: round(mean(runs.map(({ idle }) => idle / 3600))),
    hours: round(mean(runs.map(({ makespan }) => makespan / 3600))),
    listed: Math.max(...runs.map(({ listed }) => listed)),
    made: Math.max(...runs.map(({ made }) => made)),
    jobs: Math.max(...runs.map(({ jobs }) => jobs)),
    calls: Math.round(mean(runs.map(({ calls }) => Object.values(calls).reduce((sum, one) => sum + one, 0)))),
  };
}

function round(number: number): number {
  return Math.round(number * 1000) / 1000;
}

const results: ScheduleResults = {
  schema: 'azl/bench-schedule',
  version: 1,
  command: 'make bench-schedule',
  packages: needs.size,
  hours,
  seeds,
  foldAt,
  limits,
  rows: [measure(8), measure(20), measure(60), measure(20, 3)],
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
