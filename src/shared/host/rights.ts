import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Problem } from '../base/problems.ts';
import { isRoot, runTool, ToolError } from './process.ts';

/** How this process becomes root. `asks`: sudo is installed and asks for a password. */
export type Privilege = 'root' | 'sudo' | 'asks' | 'none';

/** Finds out how this process becomes root. */
export async function findPrivilege(): Promise<Privilege> {
  if (isRoot()) return 'root';
  if (!existsSync('/usr/bin/sudo')) return 'none';
  return (await runTool(['sudo', '-n', 'true'], { ok: 'any' })).code === 0 ? 'sudo' : 'asks';
}

/** The name of this process's user, or `#<uid>`, which sudoers accepts, if the user has none. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `#${process.getuid?.()}`;
  }
}

/** Returns the command that lets `user` become root without a password. Pure. */
export function sudoCommand(privilege: Privilege, user: string): string {
  const install = privilege === 'none' ? 'apt-get install sudo && ' : '';
  return `${install}echo "${user} ALL=(ALL) NOPASSWD: ALL" > /etc/sudoers.d/azl`;
}

/** The hint for a container that may not mount. */
export const privilegedContainer =
  'Start the container with --privileged; in a workflow: `container: { image: …, options: --privileged }`.';

/** Returns why this process cannot become root, or root can mount nothing; undefined if both work. */
export async function rightsProblem(signal?: AbortSignal): Promise<Problem | undefined> {
  try {
    await runTool(['unshare', '--mount', '--', 'true'], { root: true, timeoutSeconds: 30, signal });
    return undefined;
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const privilege = await findPrivilege();
    if (privilege === 'root' || privilege === 'sudo')
      return { message: `Even root may not mount here (${error.stderr.trim()})`, hint: privilegedContainer };
    const why = privilege === 'none' ? 'sudo is not installed' : 'sudo asks for a password';
    return {
      message: `azl mounts build roots and installs packages as root, and ${why}`,
      hint: `Fix, as root: ${sudoCommand(privilege, userName())}`,
    };
  }
}
