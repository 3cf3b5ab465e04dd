import { chmod, mkdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseImageConfig } from '../../src/shared/image/config/parse.ts';
import { type Layout, layOut } from '../../src/shared/image/disk/layout.ts';
import type { TreeEntry, Trees } from '../../src/shared/image/disk/trees.ts';

/** 64 MiB: an ESP of 8, and a root filesystem that ends at `rootEnd` (MiB; 0: with the disk). */
export function smallLayout(rootEnd = 0): Layout {
  const text = JSON.stringify({
    Disks: [
      {
        ...{ PartitionTableType: 'gpt', MaxSize: 64, Artifacts: [{ Type: 'raw' }] },
        Partitions: [
          { ID: 'esp', Flags: ['esp'], Start: 1, End: 9, FsType: 'fat32', Name: 'ESP' },
          { ID: 'rootfs', Start: 9, End: rootEnd, FsType: 'ext4', Name: 'root' },
        ],
      },
    ],
    SystemConfigs: [
      {
        ...{ Name: 'x', BootType: 'efi', Packages: ['bash'] },
        PartitionSettings: [
          { ID: 'esp', MountPoint: '/boot/efi' },
          { ID: 'rootfs', MountPoint: '/' },
        ],
      },
    ],
  });
  return layOut(parseImageConfig(text, 'c.json').config, 'seed');
}

/** Makes trees for it in `at`, with so many bytes of content in the root and in the ESP. */
export async function smallTrees(at: string, bytes: { root: number; esp: number }): Promise<Trees> {
  await mkdir(join(at, 'root/etc'), { recursive: true });
  await mkdir(join(at, 'part-1/EFI'), { recursive: true });
  await writeFile(join(at, 'root/etc/a file'), 'text\n');
  await chmod(join(at, 'root/etc/a file'), 0o640);
  await writeFile(join(at, 'root/big'), Buffer.alloc(bytes.root, 'r'));
  await writeFile(join(at, 'part-1/EFI/boot.efi'), Buffer.alloc(bytes.esp, 'e'));
  for (const path of ['root', 'root/etc', 'root/etc/a file', 'root/big', 'part-1/EFI/boot.efi', 'part-1/EFI'])
    await utimes(join(at, path), 1_700_000_000, 1_700_000_000);
  const entries = [
    { path: 'EFI', folder: true },
    { path: 'EFI/boot.efi', folder: false },
  ];
  const { uid, gid } = await stat(at);
  const root: TreeEntry[] = [
    ['etc', 0o40755, uid, gid, 0],
    ['etc/a file', 0o100640, uid, gid, 5],
    ['big', 0o100644, uid, gid, bytes.root],
  ];
  return { dir: at, fat: { esp: entries }, entries: { root } };
}
