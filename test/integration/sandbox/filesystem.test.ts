import { mkdir, mkdtemp, readlink, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/shared/host/folders.ts';
import { collectRpms } from '../../../src/shared/sandbox/collect.ts';
import { installRpms } from '../../../src/shared/sandbox/installed.ts';
import { createOverlay } from '../../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../../src/shared/sandbox/run.ts';
import { transact } from '../../../src/shared/sandbox/transaction.ts';
import { specText, writeTree } from '../../support/trees.ts';
import { testWorker } from '../../support/worker.ts';

/*
 * A package with the folders and links of a system, as Azure Linux's `filesystem` has them: those that the kernel fills,
 * links in place of /lib64 and /usr/lib64, account files, links that a %post in Lua makes.
 */
const folders =
  `/boot /dev /etc /home /mnt /proc /root /run /run/lock /run/media/cdrom /sys /tmp /usr /usr/bin /usr/lib
/usr/sbin /usr/share /usr/share/man /usr/src /usr/local/lib /var /var/cache /var/lib /var/log /var/mnt /var/srv /var/tmp
/usr/lib/debug/usr`.split(/\s+/);
const links = {
  ...{
    '/bin': 'usr/bin',
    '/sbin': 'usr/sbin',
    '/lib': 'usr/lib',
    '/lib64': 'usr/lib',
    '/media': 'run/media',
  },
  ...{ '/usr/lib64': 'lib', '/usr/local/lib64': 'lib', '/srv': 'var/srv' },
  ...{ '/var/run': '../run', '/var/lock': '../run/lock' },
};
const modes: Record<string, string> = {
  '/boot': '0700',
  '/root': '0750',
  '/tmp': '1777',
  '/var/tmp': '1777',
};
const script = [
  ...folders.map((path) => `install -dm ${modes[path] ?? '0755'} %{buildroot}${path}`),
  ...Object.entries(links).map(([path, target]) => `ln -s ${target} %{buildroot}${path}`),
  'ln -s /proc/self/mounts %{buildroot}/etc/mtab',
  "echo 'root:x:0:0:root:/root:/bin/sh' > %{buildroot}/etc/passwd",
  "printf 'root:x:0:\\nutmp:x:13:\\n' > %{buildroot}/etc/group",
  "echo '127.0.0.1 localhost' > %{buildroot}/etc/hosts",
  'touch %{buildroot}/etc/fstab %{buildroot}/var/log/{btmp,lastlog}',
];
const sections = `%description
The folders of a system.
%install
${script.join('\n')}
%post -p <lua>
posix.symlink("../lib", "/usr/lib/debug/usr/lib64")
return 0
%files
${folders.map((path) => `%dir ${path}`).join('\n')}
${Object.keys(links).join('\n')}
%config(noreplace) /etc/mtab
%config(noreplace) /etc/passwd
%config(noreplace) /etc/group
%config(noreplace) /etc/hosts
%config(noreplace) /etc/fstab
%attr(0600,root,root) /var/log/btmp
%attr(0664,root,utmp) /var/log/lastlog
%ghost /usr/lib/debug/usr/lib64`;

const file = 'filesystem-1.1-1.noarch.rpm';
let dir: string;
let rpmDirs: { dir: string; files: string[] }[];
let worker: string;

beforeAll(async () => {
  worker = (await testWorker()).worker;
  dir = await mkdtemp(join(tmpdir(), 'azl-filesystem-'));
  const text = specText('filesystem', 'BuildArch: noarch', sections.replace(/^.*\n.*\n/, ''), '1.1');
  await writeTree(join(dir, 'specs'), { 'filesystem.spec': text });
  const root = { worker, overlay: await createOverlay(join(dir, 'make')) };
  const argv = ['rpmbuild', '-bb', '--define', '_topdir /tmp/made', '/in/filesystem.spec'];
  await runInSandbox(argv, { root, binds: [{ source: join(dir, 'specs'), target: '/in' }] });
  expect(await collectRpms(root, ['/tmp/made/RPMS'], join(dir, 'rpms'))).toEqual([file]);
  rpmDirs = [{ dir: join(dir, 'rpms'), files: [file] }];
});
afterAll(async () => {
  await removeTree(dir);
});

describe('a package that owns /proc, /dev, /sys and /run', () => {
  it('is installed into a build root in place of the folders that are there', async () => {
    const root = { worker, overlay: await createOverlay(join(dir, 'root')) };
    const { installed, expected, warnings } = await installRpms({
      root,
      rpmDirs,
      remove: [],
      sourceDateEpoch: 1_700_000_000,
    });
    expect(installed).toEqual(expected);
    expect(installed.join('\n')).toContain('filesystem-0:1.1-1.noarch ');
    expect(warnings.map(({ message }) => message).filter((one) => !/\.rpm(?:new|save)$/.test(one))).toEqual(
      [],
    );
    const look =
      'readlink /lib64 /usr/lib64 /var/run; stat -c %a /proc /boot; sh -c "gcc --version" | head -1; hostname -i';
    const { stdout } = await runInSandbox(['sh', '-c', look], { root });
    expect(stdout).toMatch(/^usr\/lib\nlib\n\.\.\/run\n555\n700\ngcc .*\n127\.0\.0\.1\n$/);
  });

  it('is installed into an empty root, which starts with nothing', async () => {
    const root = { worker, overlay: await createOverlay(join(dir, 'helper')) };
    const tree = join(dir, 'image');
    await mkdir(tree);
    const binds = [{ source: tree, target: '/image', writable: true }];
    const { warnings } = await transact({
      ...{ root, binds, into: '/image', rpmDirs, remove: [], sourceDateEpoch: 1_700_000_000 },
    });
    // rpm looks it up before the package's own /etc/group is there.
    expect(warnings.map(({ message }) => message)).toEqual(['group utmp does not exist - using root']);
    expect(await readlink(join(tree, 'usr/lib64'))).toBe('lib');
    expect(await readlink(join(tree, 'usr/lib/debug/usr/lib64'))).toBe('../lib');
    expect((await stat(join(tree, 'tmp'))).mode & 0o7777).toBe(0o1777);
    for (const name of ['proc', 'dev', 'sys', 'run'])
      expect((await stat(join(tree, name))).mode & 0o7777).toBe(0o755);
  });
});
