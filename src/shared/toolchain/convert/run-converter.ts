import { readFileSync } from 'node:fs';
import { chmod, mkdir, open, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sourceDateEpoch } from '../../base/source-date-epoch.ts';
import { removeTree } from '../../host/folders.ts';
import { runTool } from '../../host/process.ts';
import { unpackTar } from '../../host/unpack-tar.ts';
import { type Bind, builder } from '../../sandbox/arguments.ts';
import { runHostTool } from '../../sandbox/host-tool.ts';
import { limitsOf } from '../../sandbox/limits.ts';
import { debPath } from '../debian/fetch-debs.ts';
import { commonFolders } from './builtin-packages.ts';
import { droppedFiles, keptFiles } from './dropped-files.ts';
import type { StandIn } from './stand-in.ts';

/** The texts of the program that makes an RPM, by file name. */
export const converter = {
  'convert.py': readFileSync(new URL('./convert.py', import.meta.url), 'utf8'),
  'provides.py': readFileSync(new URL('./provides.py', import.meta.url), 'utf8'),
};

/** Stand-ins that one sandbox makes, one after the other: to enter it costs a good part of what one of them does. */
export interface Batch {
  standIns: readonly StandIn[];
  /** True if the files of its packages may be too many for a folder in memory. */
  isLarge: boolean;
}

const mostInBatch = 24;
/** Bytes of Debian packages whose files fit into a folder in memory, with the RPM that they become. */
const mostBytesInMemory = 40e6;

/** Returns the batches of `standIns` for so many sandboxes at once, the largest first. */
export async function batchesOf(
  standIns: readonly StandIn[],
  debsDir: string,
  jobs: number,
): Promise<Batch[]> {
  const most = Math.min(mostInBatch, Math.ceil(standIns.length / jobs / 2));
  const sized = await Promise.all(
    standIns.map(async (standIn) => {
      const sizes = standIn.debs.map(async (digest) => (await stat(debPath(debsDir, { digest }))).size);
      return { standIn, bytes: (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) };
    }),
  );
  sized.sort((a, b) => b.bytes - a.bytes);
  const batches: { standIns: StandIn[]; isLarge: boolean; bytes: number }[] = [];
  for (const { standIn, bytes } of sized) {
    const last = batches.at(-1);
    const isFull =
      last === undefined || last.standIns.length >= most || last.bytes + bytes > mostBytesInMemory / 2;
    if (isFull) batches.push({ standIns: [standIn], bytes, isLarge: bytes > mostBytesInMemory });
    else {
      last.standIns.push(standIn);
      last.bytes += bytes;
    }
  }
  return batches;
}

/** Makes the RPMs `/tmp/scratch/out/<number>.rpm` of the jobs in /azl, and packs them to standard output. */
const script = `set -e
mkdir -p /tmp/scratch/out
for job in "$@"; do
  mkdir /tmp/scratch/one
  /usr/bin/python3 -IB /azl/convert.py "/azl/$job.json" /tmp/scratch/one "/tmp/scratch/out/$job.rpm" >&2
  # Packages may hold folders that their owner cannot write.
  chmod -R u+rwX /tmp/scratch/one
  rm -rf /tmp/scratch/one
done
cd /tmp/scratch/out
exec tar --create --format=ustar --file=- -- *.rpm`;

/**
 * Makes the RPMs of a batch, as an ordinary user in a sandbox that sees the Debian packages alone. Returns their paths in
 * `dir`, an empty folder, in the order of the batch.
 * @throws ToolError with what the program said
 */
export async function runConverter(
  { standIns, isLarge }: Batch,
  dir: string,
  { arch, debsDir, signal }: { arch: string; debsDir: string; signal?: AbortSignal | undefined },
): Promise<string[]> {
  const given = join(dir, 'given');
  await mkdir(given);
  const jobs = standIns.map(
    (standIn, index) => [`${index}.json`, JSON.stringify(jobOf(standIn, arch))] as const,
  );
  for (const [name, text] of [...jobs, ...Object.entries(converter)])
    await writeFile(join(given, name), text);
  // The ordinary user of the sandbox reads these, whatever mask we have. Packages of another user may stay as they are.
  const debs = standIns.flatMap((standIn) => standIn.debs.map((digest) => debPath(debsDir, { digest })));
  await chmod(given, 0o755);
  for (const name of await readdir(given)) await chmod(join(given, name), 0o644);
  await chmod(debsDir, 0o755).catch(() => {});
  for (const path of debs) await chmod(path, 0o644).catch(() => {});
  const archive = join(dir, 'rpms.tar');
  const scratch = join(dir, 'scratch');
  try {
    const binds: Bind[] = [
      { source: given, target: '/azl' },
      { source: debsDir, target: '/debs' },
    ];
    if (isLarge) binds.push(await scratchOnDisk(scratch));
    await runHostTool(['/bin/sh', '-c', script, 'azl', ...standIns.map((_, index) => `${index}`)], {
      ...{ binds, writesTo: dir, output: archive, limits: limitsOf('srpm'), signal },
    });
  } finally {
    if (isLarge) await removeTree(scratch);
  }
  return await takeRpms(archive, dir, standIns.length);
}

/** Makes a folder that the ordinary user of the sandbox can write. */
async function scratchOnDisk(source: string): Promise<Bind> {
  await mkdir(source);
  await runTool(['chown', `${builder.uid}:${builder.gid}`, source], { root: true });
  return { source, target: '/tmp/scratch', writable: true };
}

/** Takes exactly the files `0.rpm`, `1.rpm` … out of an archive that the sandbox packed. */
async function takeRpms(archive: string, dir: string, count: number): Promise<string[]> {
  const expected = new Set(Array.from({ length: count }, (_, index) => `${index}.rpm`));
  const paths = [...expected].map((name) => join(dir, name));
  await unpackTar(await open(archive), ({ path, type }) => {
    if (type !== 'File' || !expected.delete(path))
      throw new Error(`the conversion made '${path}' (${type}), which nobody asked for`);
    return { file: join(dir, path) };
  });
  if (expected.size > 0) throw new Error(`the conversion made no ${[...expected].join(', ')}`);
  return paths;
}

/** Returns the input of convert.py. */
function jobOf({ debs, ...rest }: StandIn, arch: string) {
  return {
    ...rest,
    debs: debs.map((digest) => debPath('/debs', { digest })),
    arch,
    sourceDateEpoch,
    drop: droppedFiles,
    keep: keptFiles,
    commonFolders: debs.length === 0 ? [] : commonFolders,
  };
}
