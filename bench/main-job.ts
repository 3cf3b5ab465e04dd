import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../scripts/build-dist.ts';
import type { BuildJson } from '../src/shared/report/build-json.ts';
import { divide, type Lap, median, type Part, rounded, stamped } from './stopwatch.ts';

/** The first line of each part of `make image`, on a machine that has only the downloads. */
const coldParts: readonly Part[] = [
  { name: 'toolchain', begins: /^Converting \d+ packages/ },
  { name: 'worker', begins: /^Installing the worker/ },
  { name: 'specs and plan', begins: /^==> Specs/ },
  { name: 'packages', begins: /^\S+: building \(/ },
  { name: 'compose', begins: /^Making \S+ of \d+ packages/ },
  { name: 'boot', begins: /^Booting / },
];

/** The parts of a run that reuses everything. */
const againParts: readonly Part[] = [
  { name: 'specs and plan', begins: /^==> Specs/ },
  { name: 'publish', begins: /^Reused, nothing that reaches them changed/ },
  { name: 'image', begins: /^\d+ reused in/ },
];

/** The downloads in the cache folder: they stay for a cold run. */
const downloads = ['apt', 'debs', 'sources', 'toolchain.lock', '.made-by-azl'];

/** Sums over all packages of a run, in seconds; several are built at once. */
export type PackageParts = Record<'srpm' | 'builddep' | 'build', number>;

export interface MainJob {
  cold: Lap & { packages: number; packageParts: PackageParts };
  /** The median of some runs without a change. */
  again: Lap;
}

/** Measures `make image` on the example distribution below `dir`: from downloads alone, then again without a change. */
export async function benchMainJob(dir: string): Promise<MainJob> {
  const folders = ['build', 'out', 'cache'].map((name) => join(dir, name));
  const [build, out, cache] = folders as [string, string, string];
  const make = (target: string) => [
    ...['make', '--no-print-directory', target],
    ...[`BUILD_DIR=${build}`, `OUT_DIR=${out}`, `CACHE_DIR=${cache}`],
  ];
  console.log('==> Downloads');
  await stamped(make('input-srpms'), repository);
  for (const path of [build, out]) rmSync(path, { recursive: true, force: true });
  for (const name of readdirSync(cache)) {
    if (!downloads.includes(name)) rmSync(join(cache, name), { recursive: true, force: true });
  }
  console.log('==> make image, from downloads alone');
  const first = await stamped(make('image'), repository);
  const built = JSON.parse(readFileSync(join(out, 'build.json'), 'utf8')) as BuildJson;
  const packageParts: PackageParts = { srpm: 0, builddep: 0, build: 0 };
  for (const { parts } of built.packages) {
    for (const part of Object.keys(packageParts) as (keyof PackageParts)[])
      packageParts[part] = rounded(packageParts[part] + (parts?.[part] ?? 0));
  }
  console.log('==> make image, again');
  const laps: Lap[] = [];
  for (let run = 0; run < 3; run++) {
    const { lines, seconds } = await stamped(make('image'), repository);
    laps.push(divide(lines, againParts, seconds));
  }
  laps.sort((a, b) => a.seconds - b.seconds);
  return {
    cold: { ...divide(first.lines, coldParts, first.seconds), packages: built.packages.length, packageParts },
    again: laps.find(({ seconds }) => seconds === median(laps.map((lap) => lap.seconds))) as Lap,
  };
}
