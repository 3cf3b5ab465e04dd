import type { Run } from './setting.ts';

/** What a run must stay under: a listing within a run ends at 1,000 and cannot be paged; the rest are the platform's. */
export const limits = { listed: 900, createdByJob: 500, jobs: 240 };

/** What a run did not keep to, in words. */
export function passedLimits(run: Run, packages: number): string[] {
  return [
    ...(run.listed < limits.listed ? [] : [`${run.listed} artifacts were listed at once`]),
    ...(run.createdByJob <= limits.createdByJob ? [] : [`one job created ${run.createdByJob} artifacts`]),
    ...(run.jobs <= limits.jobs ? [] : [`${run.jobs} jobs were started`]),
    ...(run.built === packages ? [] : [`${packages - run.built} packages were not built`]),
  ];
}
