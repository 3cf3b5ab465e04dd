import { expect, it } from 'vitest';
import { plainEnvironment, runTool } from '../../../src/shared/host/process.ts';

/** Changes /etc in an overlay that goes with the mount namespace, then runs `$2…`. $1: shell commands for the change. */
const changed = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work
mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc
eval "$1"
shift
exec "$@"`;

const module = new URL('../../../src/shared/sandbox/user-ids.ts', import.meta.url);
const check = `const { checkUserIds } = await import(${JSON.stringify(module.href)});
await checkUserIds().then(() => console.log('fine'), (error) => console.log(error.message));`;

/** Returns what the check says on a host with a changed /etc. */
async function onHost(change: string): Promise<string> {
  const node = [process.execPath, '--input-type=module', '--eval', check];
  const argv = ['unshare', '--mount', '--', '/bin/sh', '-c', changed, 'azl', change, ...node];
  return (await runTool(argv, { root: true, env: plainEnvironment })).stdout.trim();
}

it('the numbers of the users in sandboxes are looked up among the users of the host', async () => {
  expect(await onHost('')).toBe('fine');
  const user = await onHost('echo "jo:x:70300:70300::/:/bin/sh" >> /etc/passwd');
  expect(user).toMatch(/^The user 'jo' of this host has the uid 70300\. .*a virtual machine or container\.$/);
  const range = await onHost('echo "jo:70000:1000" >> /etc/subgid; echo "staff:x:99999:" >> /etc/group');
  expect(range).toContain("The user 'jo' of this host has the subordinate gids 70000 to 70999");
  expect(range).toContain("The group 'staff' of this host has the gid 99999");
});
