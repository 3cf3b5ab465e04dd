import { markdownTable } from '../../scripts/markdown.ts';
import type { limits } from './limits.ts';

/** Means over all seeds; `worst`, `listed`, `createdByJob` and `jobs` are the highest of them. */
export interface Row {
  shards: number;
  deaths: number;
  /** Makespan over the bound max(T1/m, T∞), by each policy. */
  ratio: number;
  worst: number;
  levelPerMatrix: number | null;
  assignedInAdvance: number | null;
  firstInFirstOut: number | null;
  /** Part of the runners' time. */
  idle: number;
  idleHours: number;
  /** Makespan. */
  hours: number;
  listed: number;
  createdByJob: number;
  jobs: number;
  calls: number;
}

/** A first run, whose plan has no history of any package. Means over its seeds, and the worst of them. */
export interface FirstRun {
  /** Shards that were requested; that the plan runs at once; jobs in all. */
  maxShards: number;
  shards: number;
  entries: number;
  seeds: number;
  /** Fewest packages built. */
  built: number;
  ratio: number;
  hours: number;
  idle: number;
  /** The most builds that were ended with the time of their shard, and left to another. */
  ranOut: number;
}

/** `bench/schedule/results.json` */
export interface ScheduleResults {
  schema: 'azl/bench-schedule';
  version: 2;
  command: string;
  packages: number;
  hours: number;
  seeds: number;
  compactAt: number;
  limits: typeof limits;
  rows: Row[];
  firstRuns: FirstRun[];
}

/** The figures of the scheduler for docs/shards.md, as Markdown. Pure. */
export function scheduleFigures(results: ScheduleResults): string {
  const ratio = (value: number | null) => (value === null ? '' : value.toFixed(2));
  const rows = results.rows.map((row) => [
    `${row.shards}${row.deaths > 0 ? `, ${row.deaths} die` : ''}`,
    `**${row.ratio.toFixed(2)}** (worst ${row.worst.toFixed(2)})`,
    ratio(row.firstInFirstOut),
    ratio(row.assignedInAdvance),
    ratio(row.levelPerMatrix),
    `${row.hours.toFixed(1)} h`,
    `${(row.idle * 100).toFixed(1)} % (${row.idleHours.toFixed(1)} h)`,
    String(row.listed),
    String(row.createdByJob),
    String(row.jobs),
    String(row.calls),
  ]);
  const head = [
    'shards',
    'shards that pull',
    'first in, first out',
    'assigned in advance',
    'one matrix a level',
    'makespan',
    'idle runners',
    'most artifacts listed',
    'most created by a job',
    'jobs',
    'calls',
  ];
  return [
    markdownTable(head, rows),
    '',
    markdownTable(
      [
        'first run, nothing known',
        'jobs',
        'built',
        'shards that pull',
        'makespan',
        'idle runners',
        'ended with their shard',
      ],
      results.firstRuns.map((one) => [
        `${one.maxShards} shards`,
        String(one.entries),
        `**${one.built}** of ${results.packages}`,
        one.ratio.toFixed(2),
        `${one.hours.toFixed(1)} h`,
        `${(one.idle * 100).toFixed(1)} %`,
        `at most ${one.ranOut}`,
      ]),
    ),
    '',
    `Makespan over the lower bound max(T₁/m, T∞), mean of ${results.seeds} seeds. The load is ${results.packages} packages of Azure Linux 3.0, ${results.hours} hours of builds. \`${results.command}\` simulates it with the shards' own scheduler and the plan's sizes of matrices. First runs: ${results.firstRuns[0]?.seeds} of the seeds.`,
  ].join('\n');
}
