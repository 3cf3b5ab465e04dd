import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { setDebugSink } from '../../../src/shared/base/debug.ts';
import type { ImageConfig } from '../../../src/shared/image/config/config.ts';
import { parseImageConfig } from '../../../src/shared/image/config/parse.ts';
import { fixedUuid } from '../../../src/shared/image/disk/identity.ts';
import { type Layout, layOut, sfdiskScript } from '../../../src/shared/image/disk/layout.ts';
import { usedInodes } from '../../../src/shared/image/disk/write-disk.ts';
import { fstab, grubConfig, grubEmbeddedConfig } from '../../../src/shared/image/rootfs/boot-files.ts';
import { fixedSalt, sha512Crypt } from '../../../src/shared/image/rootfs/crypt.ts';

function config(withBoot: boolean, identifier = 'partuuid'): ImageConfig {
  const text = JSON.stringify({
    Disks: [
      {
        PartitionTableType: 'gpt',
        MaxSize: 100,
        Artifacts: [{ Type: 'raw' }],
        Partitions: [
          { ID: 'esp', Flags: ['esp'], Start: 1, End: 9, FsType: 'fat32', Name: 'ESP' },
          ...(withBoot ? [{ ID: 'boot', Start: 9, End: 30, FsType: 'ext4' }] : []),
          { ID: 'rootfs', Start: 30, End: 0, FsType: 'ext4', Name: 'rootfs', Type: 'linux-root-amd64' },
        ],
      },
    ],
    SystemConfigs: [
      {
        Name: 'x',
        BootType: 'efi',
        Packages: ['bash'],
        PartitionSettings: [
          { ID: 'esp', MountPoint: '/boot/efi' },
          ...(withBoot ? [{ ID: 'boot', MountPoint: '/boot' }] : []),
          { ID: 'rootfs', MountPoint: '/', MountIdentifier: identifier },
        ],
      },
    ],
  });
  return parseImageConfig(text, 'c.json').config;
}

const images = { kernel: 'vmlinuz-1', initramfs: 'initramfs-1.img' };

describe('layOut', () => {
  it('aligns partitions to MiBs and leaves room for the backup table', () => {
    const layout = layOut(config(false), 'seed');
    expect(layout.partitions.map(({ offset, size }) => [offset >> 20, size >> 20])).toEqual([
      [1, 8],
      [30, 69],
    ]);
    expect(sfdiskScript(layout)).toContain(
      'start=2048, size=16384, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=',
    );
    expect(sfdiskScript(layout)).toContain('type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709');
  });

  it('gives the same identifiers for the same seed, others for another', () => {
    expect(layOut(config(true), 'a')).toEqual(layOut(config(true), 'a'));
    const ids = (layout: Layout) => layout.partitions.flatMap(({ partUuid, fsUuid }) => [partUuid, fsUuid]);
    const all = [...ids(layOut(config(true), 'a')), ...ids(layOut(config(true), 'b'))];
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('boot files', () => {
  it('look for the kernel below /boot of the root filesystem', () => {
    const layout = layOut(config(false), 's');
    const root = layout.partitions[1];
    expect(grubEmbeddedConfig(layout)).toContain(
      `--set=root ${root?.fsUuid}\nset prefix=($root)/boot/grub2\n`,
    );
    expect(grubConfig(layout, images, "it's", 'quiet')).toContain(
      `menuentry 'it'\\''s' {\n  linux /boot/vmlinuz-1 root=PARTUUID=${root?.partUuid} ro quiet\n`,
    );
  });

  it('look for it at the top of a filesystem of its own', () => {
    const layout = layOut(config(true, 'partlabel'), 's');
    expect(grubEmbeddedConfig(layout)).toContain(
      `--set=root ${layout.partitions[1]?.fsUuid}\nset prefix=($root)/grub2\n`,
    );
    expect(grubConfig(layout, images, 'x', '')).toContain('  linux /vmlinuz-1 root=PARTLABEL=rootfs ro\n');
  });

  it('mount parents first', () => {
    const layout = layOut(config(true, 'uuid'), 's');
    expect(
      fstab(layout)
        .split('\n')
        .map((line) => line.split(' ').slice(1).join(' ')),
    ).toEqual(['/ ext4 defaults 0 1', '/boot ext4 defaults 0 2', '/boot/efi vfat umask=0077 0 2', '']);
  });
});

describe('sha512Crypt', () => {
  it.each([
    [
      'Hello world!',
      'saltstring',
      '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
    ],
    // Libxcrypt's answer.
    [
      'ä ö\t',
      'saltstring',
      '$6$saltstring$Ywi2Wn4.KdC7BHEC/oo1l4FQ4QpawQDBTR5Zt0..0xRqk200S2Yu/SR.w4mAO9Wk.xePUTk9HP2yZ9noFKdKq/',
    ],
    [
      'x'.repeat(70),
      'q',
      '$6$q$QEb0Cz9pXSIbQwZGgs33wcMpMpvEpynq6dEVSWG.LjZoVXJ5hjMUdRWH.dCyMH3K/a/Dyk2Ay6Br0z8PpQzMN1',
    ],
  ])('of %s', async (password, salt, hash) => {
    expect(await sha512Crypt(password, salt)).toBe(hash);
  });

  it('puts no password into a command line or the debug log', async () => {
    const lines: string[] = [];
    setDebugSink((line) => lines.push(line));
    await sha512Crypt('a secret', 'salt').finally(() => setDebugSink(undefined));
    expect(lines.join('\n')).toContain('openssl passwd -6 -salt salt -stdin');
    expect(lines.join('\n')).not.toContain('a secret');
  });

  it('has salts of sixteen characters of its alphabet', () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        expect(fixedSalt(seed)).toMatch(/^[./0-9A-Za-z]{16}$/);
      }),
    );
  });
});

it('fixedUuid is a GUID of version 8', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (seed, what) => {
      expect(fixedUuid(seed, what)).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
    }),
  );
});

it('usedInodes leaves out what dumpe2fs lists as free', () => {
  const dump =
    'Inode count:              20\nGroup 0: (Blocks 0-1)\n  Free inodes: 13-14, 16\nGroup 1:\n  Free inodes: 18-20\n';
  expect(usedInodes(dump)).toEqual([2, 11, 12, 15, 17]);
});
