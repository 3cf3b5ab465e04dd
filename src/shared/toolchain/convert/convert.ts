import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../../base/log.ts';
import { sourceDateEpoch } from '../../base/source-date-epoch.ts';
import { textDigest } from '../../host/digests.ts';
import { readJson, writeJson } from '../../host/json-files.ts';
import { LimitError } from '../../host/limit-error.ts';
import { ToolError } from '../../host/process.ts';
import { clearLeftovers, withTempDir } from '../../host/temp-dir.ts';
import { type Rpm, rpmSchema } from '../../model/rpm.ts';
import { outputDigestSchema } from '../../rpm/output-digest.ts';
import { readUnnamedRpm } from '../../rpm/read.ts';
import { commonFolders } from './builtin-packages.ts';
import { droppedFiles, keptFiles } from './dropped-files.ts';
import { type Batch, batchesOf, converter, runConverter } from './run-converter.ts';
import type { StandIn } from './stand-in.ts';

export interface ConvertOptions {
  /** Holds the converted RPMs and their facts, by key. */
  cacheDir: string;
  debsDir: string;
  arch: string;
  jobs: number;
  /** Called for each stand-in that cannot be converted, which is left out then. Absent: that is an error. */
  onFailure?: (standIn: StandIn, error: ToolError | LimitError) => void;
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

const scratchPrefix = 'convert-';

/** Returns the RPMs of all `standIns` that can be converted, in the same order. Makes those that the cache lacks, in `jobs` sandboxes at once. */
export async function convertAll(
  standIns: readonly StandIn[],
  options: ConvertOptions,
): Promise<ConvertedRpm[]> {
  const { cacheDir, debsDir, jobs, log } = options;
  await mkdir(cacheDir, { recursive: true });
  const converted = new Map<StandIn, ConvertedRpm>();
  for (const standIn of standIns) {
    const known = await cachedRpm(standIn, options);
    if (known !== undefined) converted.set(standIn, known);
  }
  const missing = standIns.filter((standIn) => !converted.has(standIn));
  const queue = await batchesOf(missing, debsDir, jobs);
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
  await clearLeftovers(cacheDir, scratchPrefix, true);
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const results = await convert(next, { ...options, signal }).catch((error: unknown) => {
        queue.push(...withoutBad(next, error, options));
        return [];
      });
      for (const one of results) converted.set(one.standIn, one);
      log.progress(`converting packages: ${converted.size} of ${standIns.length}`);
    }
  };
  const workers = Array.from({ length: jobs }, work);
  await Promise.all(workers).catch(async (error: unknown) => {
    stop.abort();
    await Promise.allSettled(workers);
    throw error;
  });
  return standIns.flatMap((standIn) => converted.get(standIn) ?? []);
}

/** Returns a failed batch as one batch for each stand-in. One that is alone is the bad one. @throws the error, where it counts */
function withoutBad({ standIns, isLarge }: Batch, error: unknown, { onFailure }: ConvertOptions): Batch[] {
  if (onFailure === undefined || !(error instanceof ToolError || error instanceof LimitError)) throw error;
  const [only, ...others] = standIns;
  if (only === undefined || others.length > 0) return standIns.map((one) => ({ standIns: [one], isLarge }));
  onFailure(only, error);
  return [];
}

/** Returns the RPM of the cache, unless it is absent or damaged. */
async function cachedRpm(standIn: StandIn, options: ConvertOptions): Promise<ConvertedRpm | undefined> {
  const { path, facts } = cachePaths(standIn, options);
  const known = await readJson(rpmSchema, facts);
  if (known === undefined) return undefined;
  const now = await readUnnamedRpm(path).catch(() => undefined);
  if (now !== undefined && isDeepStrictEqual(now, known)) return { standIn, path, rpm: known };
  options.log.warn(`${path}, which stands for ${standIn.name}, is damaged: it is made again`);
  return undefined;
}

/** Makes the RPMs of a batch, and adds them to the cache. */
async function convert(batch: Batch, options: ConvertOptions): Promise<ConvertedRpm[]> {
  return await withTempDir(options.cacheDir, scratchPrefix, async (dir) => {
    const paths = await runConverter(batch, dir, options);
    const converted: ConvertedRpm[] = [];
    for (const [index, standIn] of batch.standIns.entries()) {
      const { path, facts } = cachePaths(standIn, options);
      const part = paths[index] as string;
      const rpm = await readUnnamedRpm(part);
      await rename(part, path);
      await writeJson(facts, rpm);
      converted.push({ standIn, path, rpm });
    }
    return converted;
  });
}

function cachePaths(standIn: StandIn, { cacheDir, arch }: ConvertOptions): { path: string; facts: string } {
  const key = standInKey(standIn, arch);
  return { path: join(cacheDir, `${key}.rpm`), facts: join(cacheDir, `${key}.json`) };
}
