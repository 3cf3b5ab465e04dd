import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileDigest } from '../../../src/shared/host/digests.ts';
import { runTool } from '../../../src/shared/host/process.ts';
import { makeBootOverlay } from '../../../src/shared/image/boot-test/boot-overlay.ts';
import { debugfs, readFrom } from '../../../src/shared/image/disk/debugfs.ts';
import { diskManifest } from '../../../src/shared/image/disk/disk-manifest.ts';
import type { Trees } from '../../../src/shared/image/disk/trees.ts';
import { writeDisk } from '../../../src/shared/image/disk/write-disk.ts';
import { smallLayout, smallTrees } from '../../support/small-disk.ts';

const mib = 1024 * 1024;
let dir: string;

beforeAll(async () => {
  // What tools give a meaning of their own: a blank, a comma, a question mark.
  dir = await mkdtemp(join(tmpdir(), 'azl disk, of?a test-'));
});
afterAll(async () => {
  await runTool(['rm', '-rf', '--one-file-system', '--', dir], { root: true });
});

async function disk(name: string, bytes = { root: 2 * mib, esp: mib }, rootEnd = 0): Promise<string> {
  const raw = join(dir, `${name}.raw`);
  const trees = await smallTrees(join(dir, name), bytes);
  const workDir = join(dir, `${name} work`);
  const manifest = diskManifest(smallLayout(rootEnd), 'seed');
  await writeDisk({ raw, manifest, trees, workDir, file: 'c.json' });
  return raw;
}

const root = (raw: string) => ({ path: raw, offset: 9 * mib });

describe('a disk', () => {
  it('is sound, holds its trees with their modes and the one time, and is the same bytes twice', async () => {
    const raw = await disk('first');
    const checked = await runTool(['sfdisk', '--verify', raw]);
    expect(checked.stdout + checked.stderr).toContain('No errors detected');
    await runTool(['e2fsck', '-fn', `${basename(raw)}?offset=${9 * mib}`], { cwd: dir });
    expect((await readFrom(root(raw), '"/etc/a file"', mib)).toString()).toBe('text\n');
    const { output } = await debugfs(root(raw), ['stat "/etc/a file"']);
    expect(output).toContain('Mode:  0640');
    expect(output).toMatch(/ctime: 0x67748580:0{8}.*atime: 0x67748580:0{8}.*mtime: 0x6553f100/s);
    const esp = await runTool(['mtype', '-i', `${basename(raw)}@@${mib}`, '::/EFI/boot.efi'], { cwd: dir });
    expect(esp.stdout).toBe('e'.repeat(mib));
    expect(await fileDigest(await disk('second'))).toBe(await fileDigest(raw));
  });

  it('is refused when a filesystem is not its tree, with each path that differs', async () => {
    const write = async (name: string, change: (trees: Trees) => void) => {
      const trees = await smallTrees(join(dir, name), { root: mib, esp: mib });
      change(trees);
      const raw = join(dir, `${name}.raw`);
      const workDir = join(dir, `${name} work`);
      const manifest = diskManifest(smallLayout(), 'seed');
      await writeDisk({ raw, manifest, trees, workDir, file: 'c.json' });
    };
    const more = write('more', ({ entries }) => {
      entries['root']?.push(['etc/gone', 0o100644, 0, 0, 1]);
      entries['root']?.splice(1, 1, ['etc/a file', 0o100600, 0, 0, 6]);
    });
    await expect(more).rejects.toThrow(
      /The filesystem of 'rootfs' is not its tree: \/etc\/a file is 100640 .* 5 bytes, not 100600 0:0 6 bytes; \/etc\/gone is missing/,
    );
    await mkdir(join(dir, 'less/root/made/inside'), { recursive: true });
    const less = write('less', () => {});
    await expect(less).rejects.toThrow(/: \/made is in no tree; \/made\/inside is in no tree$/);
  });

  it.each([
    ['root filesystem', { root: 40 * mib, esp: mib }, 20, 'Partitions[1]'],
    ['ESP', { root: mib, esp: 9 * mib }, 0, 'Partitions[0]'],
  ])('is refused when its %s cannot hold its tree', async (name, bytes, rootEnd, path) => {
    await expect(disk(`small ${name}`, bytes, rootEnd)).rejects.toThrow(
      `c.json $.Disks[0].${path}: The partition is too small`,
    );
  });
});

it('tells of a full disk of the host as of that, wherever in the work it runs out', async () => {
  const full = join(dir, 'full');
  await mkdir(full);
  const script = fileURLToPath(new URL('../../support/fill-disk.ts', import.meta.url));
  const alone = 'mount --make-rprivate / && mount -t tmpfs none "$2" && exec "$0" "$1" "$2"';
  const argv = ['unshare', '--mount', 'sh', '-c', alone, process.execPath, script, full];
  const ends = (await runTool(argv, { root: true })).stdout.trim().split('\n');
  expect(ends.at(-1)).toBe('written');
  expect(ends.length).toBeGreaterThan(5);
  for (const end of ends.slice(0, -1)) expect(end).toContain(`The disk is full (${full}). Free some space`);
});

describe('the overlay of a boot test', () => {
  it('adds the unit to what the machine sees, and leaves the image as it is', async () => {
    const raw = await disk('booted');
    const before = await fileDigest(raw);
    const workDir = join(dir, 'boot, test');
    await mkdir(workDir);
    const overlay = await makeBootOverlay({ raw, rootOffset: 9 * mib, workDir });
    expect(await fileDigest(raw)).toBe(before);
    // The machine sees the image at a path of its own.
    await runTool(['qemu-img', 'rebase', '-u', '-f', 'qcow2', '-b', raw, '-F', 'raw', overlay]);
    await runTool(['qemu-img', 'convert', '-f', 'qcow2', '-O', 'raw', overlay, join(dir, 'seen.raw')]);
    const seen = root(join(dir, 'seen.raw'));
    await runTool(['e2fsck', '-fn', `seen.raw?offset=${9 * mib}`], { cwd: dir });
    const unit = '/etc/systemd/system/azl-report-boot.service';
    expect((await readFrom(seen, unit, mib)).toString()).toContain(
      'ExecStart=/bin/sh /etc/azl-report-boot.sh\n',
    );
    expect((await readFrom(seen, '/etc/azl-report-boot.sh', mib)).toString()).toContain('is-system-running');
    const { output } = await debugfs(seen, [
      'stat /etc/systemd/system/sysinit.target.wants/azl-report-boot.service',
    ]);
    expect(output).toContain(`Fast link dest: "${unit}"`);
  });

  it('is refused with a message when the image has no room for the unit', async () => {
    const raw = await disk('crowded', { root: 100, esp: 100 }, 11);
    await runTool(['dd', 'if=/dev/urandom', `of=${join(dir, 'filler')}`, 'bs=4096', 'count=600']);
    await debugfs(root(raw), ['write /azl/filler /filler'], {
      write: true,
      binds: [{ source: join(dir, 'filler'), target: '/azl/filler' }],
    });
    const workDir = join(dir, 'crowded boot');
    await mkdir(workDir);
    await expect(makeBootOverlay({ raw, rootOffset: 9 * mib, workDir })).rejects.toThrow(
      /The boot test cannot write \/\S+ into its overlay: .*[Cc]ould not allocate/,
    );
  });

  it('is refused with a message when there is no filesystem', async () => {
    const raw = await disk('none');
    const workDir = join(dir, 'no filesystem');
    await mkdir(workDir);
    await expect(makeBootOverlay({ raw, rootOffset: 0, workDir })).rejects.toThrow(
      /cannot write .*: debugfs: Bad magic number/,
    );
  });
});
