import { order } from '../src/shared/base/order.ts';

/** A part of a test run and how long it took. */
export interface Timing {
  name: string;
  seconds: number;
}

/** Number of test files that are listed. */
const shownFiles = 10;

/**
 * Returns the table of times at the end of a test run: each step and layer in order, the total, and the slowest files
 * of tests. Pure.
 */
export function timingLines(steps: readonly Timing[], files: readonly Timing[]): string[] {
  const slowest = [...files]
    .sort((a, b) => b.seconds - a.seconds || order(a.name, b.name))
    .slice(0, shownFiles);
  if (steps.length === 0) return [];
  const total = steps.reduce((sum, { seconds }) => sum + seconds, 0);
  return [
    'Minutes by step:',
    ...[...steps, { name: 'all', seconds: total }].map(timingLine),
    ...(slowest.length === 0 ? [] : ['Slowest test files, in minutes:', ...slowest.map(timingLine)]),
  ];
}

function timingLine({ name, seconds }: Timing): string {
  return `${(seconds / 60).toFixed(1).padStart(7)}  ${name}`;
}
