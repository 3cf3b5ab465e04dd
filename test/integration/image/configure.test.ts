import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTool } from '../../../src/shared/host/process.ts';
import { cleared, emptied, obsoleteFiles } from '../../../src/shared/image/config/obsolete-files.ts';
import { rootfsHelpers } from '../../../src/shared/image/rootfs/rootfs-manifest.ts';
import { writeTree } from '../../support/trees.ts';

let dir: string;
let count = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'azl-configure-'));
  await writeFile(join(dir, 'source'), 'of the config\n');
  await writeTree(join(dir, 'run'), rootfsHelpers);
});
afterAll(async () => {
  await runTool(['rm', '-rf', '--one-file-system', '--', dir], { root: true });
});

/** A root in which `script` ran, and what a helper answers to a request about it. */
async function helped(script: string, helper: 'configure' | 'finish', request: object) {
  const root = join(dir, String(++count));
  await mkdir(root);
  await runTool(['sh', '-ec', script], { cwd: root, root: true });
  const whole = { root, epoch: 1_700_000_000, emptied, cleared, obsoleteFiles, ...request };
  await writeFile(join(dir, 'request.json'), JSON.stringify(whole));
  const argv = ['/usr/bin/python3', '-IB', join(dir, 'run', `${helper}.py`), join(dir, 'request.json')];
  const { stdout } = await runTool(argv, { root: true });
  const look = async (command: string) =>
    (await runTool(['sh', '-ec', command], { cwd: root, root: true })).stdout;
  return { answer: JSON.parse(stdout) as { refused?: string }, look };
}

async function put(script: string, target: string) {
  const files = [{ source: join(dir, 'source'), target, mode: 0o640 }];
  const request = { texts: {}, groups: [], users: [], files };
  return await helped(`mkdir -p etc run usr/share/zoneinfo var/log\n${script}`, 'configure', request);
}

describe('a file of the config', () => {
  it.each([
    ['where nothing is', '', '/etc/new/deep/file', 'etc/new/deep/file'],
    ['over a file', 'echo x > etc/motd', '/etc/motd', 'etc/motd'],
    [
      'over a link that leads nowhere',
      'ln -s ../run/x/resolv.conf etc/resolv.conf',
      '/etc/resolv.conf',
      'etc/resolv.conf',
    ],
    ['below a folder that is a link', 'mkdir -p usr/lib; ln -s usr/lib lib', '/lib/file', 'usr/lib/file'],
    ['below one of an absolute link', 'mkdir -p usr/lib; ln -s /usr/lib lib', '/lib/file', 'usr/lib/file'],
    ['below a link that leads out', 'ln -s ../../../../../etc out', '/out/file', 'etc/file'],
    ['below a folder in one that is cleared', '', '/var/log/app/seed', 'var/log/app/seed'],
  ])('is put %s', async (_where, script, target, place) => {
    const { answer, look } = await put(script, target);
    expect(answer).toEqual({});
    expect(await look(`test ! -L ${place} && stat -c %a ${place} && cat ${place}`)).toBe(
      '640\nof the config\n',
    );
  });

  it('takes the place of a link and leaves alone what it leads to', async () => {
    const script = 'echo UTC > usr/share/zoneinfo/UTC; ln -s /usr/share/zoneinfo/UTC etc/localtime';
    const { look } = await put(script, '/etc/localtime');
    expect(await look('cat etc/localtime usr/share/zoneinfo/UTC')).toBe('of the config\nUTC\n');
  });

  it.each([
    ['a folder', 'mkdir etc/motd', '/etc/motd', "'/etc/motd' is a folder in the image"],
    ['below a file', 'echo > etc/motd', '/etc/motd/x', "'/etc/motd/x': /etc/motd is no folder"],
    ['below a link to a file', 'echo > etc/f; ln -s f etc/g', '/etc/g/x', "'/etc/g/x': /etc/g is no folder"],
    ['below a loop of links', 'ln -s b etc/a; ln -s a etc/b', '/etc/a/x', '/etc/a is a loop of links'],
    [
      'led into /run',
      'mkdir -p var; ln -s ../run var/run',
      '/var/run/x/y',
      "'/var/run/x/y' is /run/x/y, where nothing stays",
    ],
    ['in /tmp', '', '/tmp/x', "'/tmp/x' is /tmp/x, where nothing stays"],
    ['at the top of the logs', '', '/var/log/x', "'/var/log/x' is /var/log/x, where nothing stays"],
    ['what tools leave', '', '/etc/passwd-', "'/etc/passwd-' is /etc/passwd-, where nothing stays"],
    ['in a cache', '', '/var/cache/dnf/x', "'/var/cache/dnf/x' is /var/cache/dnf/x, where nothing stays"],
  ])('is refused when it is %s, with its target', async (_what, script, target, message) => {
    expect((await put(script, target)).answer.refused).toContain(message);
  });
});

it('a text of the config takes the place of a link, too', async () => {
  const request = { texts: { '/etc/hostname': 'here\n' }, groups: [], users: [], files: [] };
  const { look } = await helped('mkdir etc run; ln -s ../run/hostname etc/hostname', 'configure', request);
  expect(await look('ls run; cat etc/hostname')).toBe('here\n');
});

it('a user whose home cannot be made is named', async () => {
  const user = {
    ...{ name: 'ann', uid: null, hash: null, passwordNeverExpires: false, primaryGroup: '' },
    ...{ secondaryGroups: [], startupCommand: '', homeDirectory: '/etc/motd/ann', sshPubKeys: [] },
  };
  const request = { texts: {}, groups: [], users: [user], files: [] };
  const { answer } = await helped('mkdir etc; echo > etc/motd', 'configure', request);
  expect(answer.refused).toBe("user 'ann': /etc/motd is no folder");
});

it('a finished root has nothing that stays nowhere, one time, and a folder for each mount point', async () => {
  const script = `mkdir -p etc run/x tmp var/log/app var/cache/dnf; echo > etc/passwd-; echo > tmp/f; echo > run/x/f
    echo > var/log/l; echo > var/log/app/l; echo > var/cache/dnf/f; ln -s /nowhere tmp/l`;
  const part = { id: 'data', mountPoint: '/srv/data', folder: join(dir, 'part-2'), fat: false, extra: {} };
  const { answer, look } = await helped(script, 'finish', { parts: [part] });
  const left = ['var/log/app/l', 0o100644, 0, 0, 1];
  const entries = { [String(count)]: expect.arrayContaining([left]), 'part-2': [] };
  expect(answer).toEqual({ parts: { data: [] }, entries });
  expect((await look('find . ! -type d')).trim()).toBe('./var/log/app/l');
  expect(await look('test -d srv/data && test -d var/cache/dnf && ls -A tmp run')).toBe('run:\n\ntmp:\n');
  expect((await look('find . -printf "%T@\\n" | sort -u')).trim()).toBe('1700000000.0000000000');
});

describe('what a hostile package leaves', () => {
  const noUsers = { texts: {}, groups: [], users: [], files: [] };
  const esp = (mountPoint: string) => {
    const extra = { 'EFI/BOOT/BOOTX64.EFI': '/boot/boot.efi' };
    return { parts: [{ id: 'esp', mountPoint, folder: join(dir, `esp-${count + 1}`), fat: true, extra }] };
  };

  it('gives way to a text when it is a pipe, and nothing waits', async () => {
    const request = { ...noUsers, texts: { '/etc/hostname': 'here\n' } };
    const { answer, look } = await helped('mkdir etc; mkfifo etc/hostname', 'configure', request);
    expect(answer).toEqual({});
    expect(await look('test -f etc/hostname && cat etc/hostname')).toBe('here\n');
  });

  it.each([
    ['a pipe as an account file', 'mkdir etc; mkfifo etc/passwd', /\/etc\/passwd is no file in the image/],
    [
      'a link to a pipe as one',
      'mkdir etc; mkfifo etc/p; ln -s p etc/group',
      /\/etc\/p is no file in the image/,
    ],
    ['an account that is none', 'mkdir etc; printf "\\377\\n" > etc/passwd', /cannot be finished: .*codec/],
  ])('is refused in words: %s', async (_what, script, message) => {
    expect((await helped(script, 'configure', noUsers)).answer.refused).toMatch(message);
  });

  it.each([
    [
      'a mount point that is the root',
      'ln -s / boot',
      '/boot',
      /the mount point '\/boot' is the image's root/,
    ],
    ['one that is a file', 'echo > boot', '/boot', /the mount point '\/boot': /],
    [
      'a boot loader that is a pipe',
      'mkdir -p boot/efi; mkfifo boot/boot.efi',
      '/boot/efi',
      /is no file in the image/,
    ],
    [
      'a boot loader that is a link out',
      `mkdir -p boot/efi; ln -s ${'../'.repeat(9)}etc/shadow boot/boot.efi`,
      '/boot/efi',
      /No such file or directory/,
    ],
    [
      'a pipe on FAT',
      'mkdir -p boot/efi; echo > boot/boot.efi; mkfifo boot/efi/p',
      '/boot/efi',
      /cannot hold 'p'/,
    ],
    [
      'a link on FAT',
      'mkdir -p boot/efi; echo > boot/boot.efi; ln -s /etc/shadow boot/efi/l',
      '/boot/efi',
      /cannot hold 'l'/,
    ],
  ])('is refused in words when the trees are made: %s', async (_what, script, mountPoint, message) => {
    expect((await helped(script, 'finish', esp(mountPoint))).answer.refused).toMatch(message);
  });

  it('is no way out for the boot loader that is copied: links on FAT are resolved there', async () => {
    const script = 'mkdir -p boot/efi; echo loader > boot/boot.efi; ln -s ../../../../../tmp boot/efi/EFI';
    const { answer } = await helped(script, 'finish', esp('/boot/efi'));
    expect(answer.refused).toMatch(/cannot hold 'EFI'/);
  });
});
