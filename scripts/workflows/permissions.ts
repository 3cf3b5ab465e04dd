import type { Job, Permissions, Workflow } from './workflow.ts';

const levels = ['none', 'read', 'write'];

/** Returns the permission for one scope: 0 none, 1 read, 2 write. */
function levelOf(permissions: Permissions | string | null, scope: string): number {
  if (permissions === 'write-all') return 2;
  if (permissions === 'read-all') return 1;
  if (permissions === null || typeof permissions === 'string') return 0;
  return Math.max(0, levels.indexOf(permissions[scope] ?? 'none'));
}

/** Returns the scopes that are named; `*` for `read-all` and `write-all`. */
function scopesOf(permissions: Permissions | string | null): string[] {
  return typeof permissions === 'string' ? ['*'] : Object.keys(permissions ?? {});
}

/** Returns the permissions of a job: its own, else those of its workflow; undefined if the repository decides. */
export function permissionsOf(workflow: Workflow, job: Job): Permissions | string | null | undefined {
  return job.permissions === undefined ? workflow.permissions : job.permissions;
}

/**
 * Returns what `asked` has and `granted` lacks: `contents: write`. GitHub does not start a run if a called job asks
 * for more than its caller grants, even if that job would be skipped. Pure.
 */
export function missingPermissions(
  granted: Permissions | string | null,
  asked: Permissions | string | null,
): string[] {
  return scopesOf(asked)
    .filter((scope) => levelOf(asked, scope) > levelOf(granted, scope))
    .map((scope) => `${scope}: ${levels[levelOf(asked, scope)]}`);
}
