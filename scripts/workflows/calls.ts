import type { Job, Step, Workflow } from './workflow.ts';

/** A call in a workflow: a step of a job, or the job itself. */
export interface Call {
  /** `merge`, `merge step 2` */
  place: string;
  uses: string;
  with: Record<string, unknown>;
}

/** Returns the calls of actions and workflows in a workflow. Pure. */
export function callsIn(workflow: Workflow): Call[] {
  const call = (place: string, one: Job | Step): Call[] =>
    one.uses === undefined ? [] : [{ place, uses: one.uses, with: one.with ?? {} }];
  return Object.entries(workflow.jobs ?? {}).flatMap(([id, job]) => [
    ...call(id, job),
    ...(job.steps ?? []).flatMap((step, at) => call(`${id} step ${at + 1}`, step)),
  ]);
}

/** True for a call that names a commit, which no tag can move. Pure. */
export function isPinned(uses: string): boolean {
  return /@[0-9a-f]{40}$/.test(uses);
}
