import type { Log } from '../base/log.ts';
import { byPlace } from '../base/problems.ts';
import type { Outcome, PackagePlan } from '../model/outcome.ts';
import { causeLines, tabledCauses, treeErrors } from '../report/tree-causes.ts';

/** Causes that a log shows, and those that are errors: GitHub shows ten at a step. */
const limits = { lines: 60, errors: 10 };

/** Logs the errors of a tree that keep packages from being built: each of a few, or a table of causes. */
export function logTreeErrors(states: ReadonlyMap<string, Outcome | PackagePlan>, log: Log): void {
  const causes = tabledCauses(states);
  if (causes.length === 0) for (const problem of treeErrors(states).sort(byPlace)) log.error(problem);
  for (const { problem } of causes.slice(0, limits.errors)) log.error(problem);
  if (causes.length > 0) for (const line of causeLines(causes, limits.lines)) log.info(line);
}
