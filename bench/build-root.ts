import { join } from 'node:path';
import { removeTree } from '../src/shared/host/folders.ts';
import { runTool } from '../src/shared/host/process.ts';
import { createOverlay, type Root } from '../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../src/shared/sandbox/run.ts';
import { median, rounded } from './stopwatch.ts';

const pairs = 15;

/** Medians over {@link pairs} rounds, each of which measures every way once. */
export interface BuildRoot {
  /** A fresh build root of azl: an empty overlay is mounted over the worker and `true` runs in it. */
  freshMilliseconds: number;
  /** Unpacking the worker from a tar file: the fastest that a copy can be. */
  untarMilliseconds: number;
  /** Unpacking it from a tar.gz, as Azure Linux's toolkit does for each package. */
  untarGzipMilliseconds: number;
  /** The size of the worker. */
  workerMegabytes: number;
}

/** Measures a fresh build root, and unpacking the worker of `toolchainDir`, on the file system of `dir`. */
export async function benchBuildRoot(toolchainDir: string, dir: string): Promise<BuildRoot> {
  const worker = join(toolchainDir, 'worker');
  const tar = join(dir, 'worker.tar');
  const gzip = `${tar}.gz`;
  const asRoot = { root: true };
  await runTool(['mkdir', '-p', dir]);
  await runTool(['tar', '-cf', tar, '-C', worker, '.'], asRoot);
  await runTool(['tar', '-czf', gzip, '-C', worker, '.'], asRoot);
  const place = join(dir, 'root');
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    // Writes of another way must not count here.
    await runTool(['sync', '-f', dir]);
    const started = performance.now();
    await work();
    const taken = performance.now() - started;
    await removeTree(place);
    return taken;
  };
  const fresh = async () => {
    const root: Root = { worker, overlay: await createOverlay(place) };
    await runInSandbox(['/usr/bin/true'], { root });
  };
  const untar = async (archive: string) => {
    await runTool(['mkdir', place]);
    await runTool(['tar', '-xf', archive, '-C', place], asRoot);
  };
  const taken = { fresh: [] as number[], untar: [] as number[], gzip: [] as number[] };
  for (let round = 0; round < pairs; round++) {
    taken.fresh.push(await timed(fresh));
    taken.untar.push(await timed(() => untar(tar)));
    taken.gzip.push(await timed(() => untar(gzip)));
  }
  const size = await runTool(['stat', '-c', '%s', tar]);
  return {
    freshMilliseconds: rounded(median(taken.fresh)),
    untarMilliseconds: rounded(median(taken.untar)),
    untarGzipMilliseconds: rounded(median(taken.gzip)),
    workerMegabytes: Math.round(Number(size.stdout) / 1e6),
  };
}
