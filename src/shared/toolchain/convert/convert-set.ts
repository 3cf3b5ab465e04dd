import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConvertedRpm, type ConvertOptions, convertAll } from './convert.ts';
import { unsatisfied } from './requirements.ts';
import type { StandIn } from './stand-in.ts';

/**
 * Converts a whole set. Stand-ins whose ELF files need what no RPM of the set provides are converted again without that
 * requirement. Cached RPMs of other sets are removed.
 */
export async function convertSet(
  standIns: readonly StandIn[],
  options: ConvertOptions,
): Promise<ConvertedRpm[]> {
  const first = await convertAll(standIns, options);
  const missing = unsatisfied(first.map(({ rpm }) => rpm));
  const satisfied = first.map(({ standIn, rpm }) => {
    const ignoredRequires = missing.get(rpm);
    return ignoredRequires === undefined ? standIn : { ...standIn, ignoredRequires };
  });
  const converted = await convertAll(satisfied, options);
  await prune(options.cacheDir, [...first, ...converted]);
  const [error] = unsatisfied(converted.map(({ rpm }) => rpm));
  if (error !== undefined)
    throw new Error(
      `${error[0].file} requires ${error[1].join(', ')}, which no package of the toolchain provides`,
    );
  return converted;
}

async function prune(cacheDir: string, used: readonly ConvertedRpm[]): Promise<void> {
  const names = new Set(used.flatMap(({ path }) => [path, path.replace(/\.rpm$/, '.json')]));
  for (const name of await readdir(cacheDir)) {
    if (!names.has(join(cacheDir, name))) await rm(join(cacheDir, name), { force: true });
  }
}
