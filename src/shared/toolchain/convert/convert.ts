import { readFileSync } from 'node:fs';
import { mkdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../../base/log.ts';
import { sourceDateEpoch } from '../../base/source-date-epoch.ts';
import { textDigest } from '../../host/digests.ts';
import { tempSibling } from '../../host/files.ts';
import { readJson, writeJson } from '../../host/json-files.ts';
import { runTool } from '../../host/process.ts';
import { clearLeftovers, withTempDir } from '../../host/temp-dir.ts';
import { type Rpm, rpmSchema } from '../../model/rpm.ts';
import { outputDigestSchema } from '../../rpm/output-digest.ts';
import { readUnnamedRpm } from '../../rpm/read.ts';
import { debPath } from '../debian/fetch-debs.ts';
import { commonFolders } from './builtin-packages.ts';
import { droppedFiles, keptFiles } from './dropped-files.ts';
import type { StandIn } from './stand-in.ts';

const converter = readFileSync(new URL('./convert.py', import.meta.url), 'utf8');

export interface ConvertOptions {
  /** Holds the converted RPMs and their facts, by key. */
  cacheDir: string;
  debsDir: string;
  arch: string;
  jobs: number;
  log: Log;
  signal?: AbortSignal | undefined;
}

/** The RPM that a stand-in became: its file in the cache and its facts. */
export interface ConvertedRpm {
  standIn: StandIn;
  path: string;
  rpm: Rpm;
}

/** Returns the SHA-256 over everything that shapes a stand-in's bytes, except the tools of the host. Pure. */
export function standInKey(standIn: StandIn, arch: string): string {
  return textDigest(JSON.stringify([conversionRecipe, arch, standIn]));
}

/** The digest of how conversion works: the helper, the lists of files and folders, the epoch, and how RPMs are read. */
export const conversionRecipe = textDigest(
  JSON.stringify([converter, droppedFiles, keptFiles, commonFolders, sourceDateEpoch, outputDigestSchema]),
);

const scratchPrefix = 'azl-convert-';

/** Returns the RPMs of all `standIns`, in the same order. Makes those that the cache lacks, `jobs` at once. */
export async function convertAll(
  standIns: readonly StandIn[],
  options: ConvertOptions,
): Promise<ConvertedRpm[]> {
  await mkdir(options.cacheDir, { recursive: true });
  const converted = new Map<StandIn, ConvertedRpm>();
  const queue = [...standIns].sort((a, b) => b.debs.length - a.debs.length);
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
  await withTempDir(await scratchParent(), scratchPrefix, async (scratch) => {
    await writeFile(join(scratch, 'convert.py'), converter);
    const work = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        converted.set(next, await convert(next, scratch, { ...options, signal }));
        options.log.progress(`converting packages: ${converted.size} of ${standIns.length}`);
      }
    };
    const workers = Array.from({ length: options.jobs }, work);
    await Promise.all(workers).catch(async (error: unknown) => {
      stop.abort();
      await Promise.allSettled(workers);
      throw error;
    });
  });
  return standIns.map((standIn) => converted.get(standIn) as ConvertedRpm);
}

async function convert(standIn: StandIn, scratch: string, options: ConvertOptions): Promise<ConvertedRpm> {
  const key = standInKey(standIn, options.arch);
  const path = join(options.cacheDir, `${key}.rpm`);
  const facts = join(options.cacheDir, `${key}.json`);
  const known = await readJson(rpmSchema, facts);
  if (known !== undefined) {
    const now = await readUnnamedRpm(path).catch(() => undefined);
    if (now !== undefined && isDeepStrictEqual(now, known)) return { standIn, path, rpm: known };
    options.log.warn(`${path}, which stands for ${standIn.name}, is damaged: it is made again`);
  }
  const part = tempSibling(path);
  try {
    await runConverter(standIn, part, scratch, options);
    const rpm = await readUnnamedRpm(part);
    await rename(part, path);
    await writeJson(facts, rpm);
    return { standIn, path, rpm };
  } finally {
    await rm(part, { force: true });
  }
}

async function runConverter(
  { debs, ...rest }: StandIn,
  target: string,
  scratch: string,
  { arch, debsDir, signal }: ConvertOptions,
): Promise<void> {
  await withTempDir(scratch, 'one-', async (dir) => {
    const job = join(dir, 'job.json');
    await writeJson(job, {
      ...rest,
      debs: debs.map((digest) => debPath(debsDir, { digest })),
      arch,
      sourceDateEpoch,
      drop: droppedFiles,
      keep: keptFiles,
      commonFolders: debs.length === 0 ? [] : commonFolders,
    });
    try {
      await runTool(['/usr/bin/python3', join(scratch, 'convert.py'), job, dir, target], {
        timeoutSeconds: 600,
        signal,
      });
    } finally {
      // Debian packages may hold folders that their owner cannot write. They could not be removed.
      await runTool(['chmod', '-R', 'u+rwX', dir]).catch(() => {});
    }
  });
}

/** Returns the folder for scratch files: in memory, which is two to three times faster, or on disk where memory is short. */
async function scratchParent(): Promise<string> {
  const needed = 1.5e9;
  const memory = await statfs('/dev/shm').catch(() => undefined);
  const tmpfs = 0x01021994;
  const fits = memory !== undefined && memory.type === tmpfs && memory.bavail * memory.bsize > needed;
  const parent = fits ? '/dev/shm' : tmpdir();
  await clearLeftovers(parent, scratchPrefix);
  return parent;
}
