import type { Job, Permissions, Workflow } from './workflow.ts';

const levels = ['none', 'read', 'write'];

/** What is allowed of one scope: 0 nothing, 1 reading, 2 writing. */
function levelOf(permissions: Permissions | string | null, scope: string): number {
  if (permissions === 'write-all') return 2;
  if (permissions === 'read-all') return 1;
  if (permissions === null || typeof permissions === 'string') return 0;
  return Math.max(0, levels.indexOf(permissions[scope] ?? 'none'));
}

/** Every scope that is named; `*`, which nobody names, for `read-all` and `write-all`. */
function scopesOf(permissions: Permissions | string | null): string[] {
  return typeof permissions === 'string' ? ['*'] : Object.keys(permissions ?? {});
}

/** What a job may do: its own word, else its workflow's; undefined when neither says, and the repository decides. */
export function permissionsOf(workflow: Workflow, job: Job): Permissions | string | null | undefined {
  return job.permissions === undefined ? workflow.permissions : job.permissions;
}

/**
 * What `asked` has and `granted` lacks: `contents: write`. GitHub does not start a run in which a job of a called
 * workflow asks for more than its caller grants, whether the job would be skipped or not. Pure.
 */
export function missingPermissions(
  granted: Permissions | string | null,
  asked: Permissions | string | null,
): string[] {
  return scopesOf(asked)
    .filter((scope) => levelOf(asked, scope) > levelOf(granted, scope))
    .map((scope) => `${scope}: ${levels[levelOf(asked, scope)]}`);
}
