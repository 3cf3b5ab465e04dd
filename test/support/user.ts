import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plainEnvironment, runTool, type ToolResult } from '../../src/shared/host/process.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const user = { name: 'azl-somebody', id: 61_234 } as const;

/** What the user may do through sudo: or what a command of root's shell, run before, lets them do. */
export type Sudo = 'everything' | 'nothing' | `echo ${string}`;

/**
 * Runs `$3…` in the folder $1 as the made-up user, on a machine that knows it: its /etc is an overlay over the host's that
 * goes with the mount namespace. $2: root's command on sudo's rules.
 */
const become = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work
mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc
echo '${user.name}:x:${user.id}:${user.id}::/nonexistent:/bin/sh' >> /etc/passwd
echo '${user.name}:x:${user.id}:' >> /etc/group
echo '${user.name}:*:20000::::::' >> /etc/shadow
eval "$2"
cd "$1"
shift 2
exec setpriv --reuid=${user.id} --regid=${user.id} --clear-groups -- "$@"`;

/** Puts a checkout of azl, without its node_modules, and Node into `dir`, for a user who sees nothing of ours. */
export async function giveCheckout(dir: string): Promise<void> {
  const parts = ['Makefile', 'actions', 'cli', 'scripts', 'src', 'examples', 'package-lock.json'];
  for (const part of [...parts, 'tsconfig.json', 'tsconfig.build.json'])
    cpSync(join(repository, part), join(dir, 'azl', part), { recursive: true });
  mkdirSync(join(dir, 'bin'));
  cpSync(process.execPath, join(dir, 'bin/node'));
  await runTool(['chown', '-R', `${user.id}:${user.id}`, dir], { root: true });
}

/** Runs a command in `dir` as an ordinary user. Answers however it ends. */
export async function asUser(argv: readonly string[], dir: string, sudo: Sudo): Promise<ToolResult> {
  const everything = `echo "${user.name} ALL=(ALL) NOPASSWD: ALL" > /etc/sudoers.d/azl-test`;
  const rule = sudo === 'everything' ? everything : sudo === 'nothing' ? '' : sudo;
  return await runTool(['unshare', '--mount', '--', '/bin/sh', '-c', become, 'azl', dir, rule, ...argv], {
    root: true,
    env: { ...plainEnvironment, PATH: `${join(dir, 'bin')}:${plainEnvironment['PATH']}` },
    ok: 'any',
  });
}

/** Files and folders below `dir` that do not belong to the user. */
export async function strangersIn(dir: string): Promise<string[]> {
  const { stdout } = await runTool(['find', dir, '!', '-uid', String(user.id)], { root: true });
  return stdout.split('\n').filter(Boolean);
}
