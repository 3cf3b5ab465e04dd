import { markdownTable } from '../../scripts/markdown.ts';

/** A part of a run. All seconds are the processor's, without the fake solver's: other processes do not change them. */
export interface Phase {
  /** Of all threads. */
  cpuSeconds: number;
  /** The longest time between two turns of the event loop. */
  blockedSeconds: number;
}

/** What the engine does after each build of a run that builds everything, in seconds. */
export interface Resolving {
  /** Builds that ended. */
  steps: number;
  sum: number;
  worst: number;
  /** Steps of over 50 ms. */
  slow: number;
}

/** What the process of one size says, a part at a time. */
export interface Message {
  facts?: { rpms: number; leftOut: number; madeUp: number };
  /** The graph of the tree, its check and the priorities. */
  graph?: Phase;
  /** The plan with an empty store, and the number of packages by state. */
  cold?: Phase;
  planned?: Record<string, number>;
  resolving?: Resolving;
  /** The run that builds everything, with everything but the builds. */
  run?: Phase;
  outcomes?: Record<string, number>;
  /** The plan with all results in the store, in a new process. */
  warm?: Phase;
  replanned?: Record<string, number>;
  /** The most memory of the process, of that run and of the warm plan. */
  megabytes?: number;
  warmMegabytes?: number;
}

/** One size. What is absent did not end in time. */
export interface Row extends Message {
  specs: number;
  /** The time after which it was ended, if it was. */
  endedAfterSeconds?: number;
}

/** `bench/plan/results.json` */
export interface PlanResults {
  schema: 'azl/bench-plan';
  version: 1;
  command: string;
  /** The measured commit; with `+`: and changes that were not committed. */
  commit: string;
  machine: string;
  rows: Row[];
}

/** The goals at 1,540 specs, and how far figures are from them. Pure. @returns a line for each goal that is missed */
export function missedGoals(row: Row): string[] {
  const { warm, resolving, megabytes, warmMegabytes } = row;
  const blocked = [row.graph, row.cold, row.run, warm].map((phase) => phase?.blockedSeconds ?? Infinity);
  const goals: [string, number, number][] = [
    ['CPU seconds of the warm plan', warm?.cpuSeconds ?? Infinity, 1],
    ['seconds of resolving', row.run === undefined ? Infinity : (resolving?.sum ?? Infinity), 10],
    ['seconds of the worst step', resolving?.worst ?? Infinity, 0.05],
    ['MB of memory', Math.max(megabytes ?? Infinity, warmMegabytes ?? Infinity), 500],
    ['seconds of a blocked event loop', Math.max(...blocked), 0.2],
  ];
  return goals
    .filter(([, value, most]) => value > most)
    .map(([name, value, most]) => `${name}: ${value} of at most ${most}`);
}

const time = (seconds: number) =>
  seconds < 0.1
    ? `${Math.max(1, Math.round(seconds * 1000))} ms`
    : `${seconds.toFixed(seconds < 10 ? 2 : 0)} s`;

/** The figures of the planner for docs/testing.md, as Markdown. Pure. */
export function planFigures({ rows, command, commit, machine }: PlanResults): string {
  const head = [
    'specs',
    'graph',
    'plan, empty store',
    'plan, all stored',
    'after all builds',
    'worst',
    'blocked',
  ];
  const lines = rows.map((row) => {
    const over = row.endedAfterSeconds === undefined ? '' : `over ${row.endedAfterSeconds} s`;
    const of = (phase: Phase | undefined) => (phase === undefined ? over : time(phase.cpuSeconds));
    const { resolving, run } = row;
    const blocked = Math.max(
      ...[row.graph, row.cold, run, row.warm].map((phase) => phase?.blockedSeconds ?? 0),
    );
    const sum = resolving === undefined ? over : time(resolving.sum);
    return [
      ...[String(row.specs), of(row.graph), of(row.cold), of(row.warm)],
      run === undefined && resolving !== undefined ? `${sum} for ${resolving.steps} builds, then ended` : sum,
      resolving === undefined ? '' : time(resolving.worst),
      time(blocked),
      `${Math.max(row.megabytes ?? 0, row.warmMegabytes ?? 0)} MB`,
    ];
  });
  return [
    markdownTable([...head, 'memory'], lines),
    '',
    `Graph and plans: time of the processor. After all builds: the same for all that follows each build, and for the worst of them. Blocked: the longest time between two turns of the event loop. Memory: the most of a process. Measured by \`${command}\` at ${commit.slice(0, 12)} on ${machine}, without the time of the solver, which is made up.`,
  ].join('\n');
}
