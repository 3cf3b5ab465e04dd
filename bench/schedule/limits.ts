import type { Run } from './setting.ts';

/** The limits of a run. A listing within a run ends at 1,000 artifacts and has no pages; the others are the platform's. */
export const limits = { listed: 900, createdByJob: 500, jobs: 240 };

/** Returns a sentence for each limit that a run passed. */
export function passedLimits(run: Run, packages: number): string[] {
  return [
    ...(run.listed < limits.listed ? [] : [`${run.listed} artifacts were listed at once`]),
    ...(run.createdByJob <= limits.createdByJob ? [] : [`one job created ${run.createdByJob} artifacts`]),
    ...(run.jobs <= limits.jobs ? [] : [`${run.jobs} jobs were started`]),
    ...(run.built === packages ? [] : [`${packages - run.built} packages were not built`]),
  ];
}
