// Runs in a mount namespace of its own with a tmpfs on argv[2]: writes a disk there again and again, with a little more
// room each time, and prints how each attempt ended.
import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diskManifest } from '../../src/shared/image/disk/disk-manifest.ts';
import { orFullDisk } from '../../src/shared/image/disk/full-disk.ts';
import { writeDisk } from '../../src/shared/image/disk/write-disk.ts';
import { smallLayout, smallTrees } from './small-disk.ts';

const dir = process.argv[2] as string;
const trees = await smallTrees(join(dir, 'trees'), { root: 2 << 20, esp: 1 << 20 });
const manifest = diskManifest(smallLayout(), 'seed');
const held = Number(execFileSync('du', ['-sk', dir], { encoding: 'utf8' }).split('\t')[0]);
for (let more = 0; more < 40_000; more = more < 256 ? more + 64 : more * 2) {
  execFileSync('mount', ['-o', `remount,size=${held + more}k`, dir]);
  const raw = join(dir, 'disk.raw');
  const ended = await writeDisk({ raw, manifest, trees, workDir: join(dir, 'work'), file: 'c.json' }).then(
    () => 'written',
    async (error: unknown) => ((await orFullDisk(error, [dir])) as Error).message,
  );
  console.log(ended);
  if (ended === 'written') break;
  for (const name of ['disk.raw', 'work']) await rm(join(dir, name), { recursive: true, force: true });
}
