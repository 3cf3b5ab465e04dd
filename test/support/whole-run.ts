import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTool } from '../../src/shared/host/process.ts';
import { testWorker } from './worker.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** How `make` ended, and all it said. */
export interface MakeRun {
  code: number;
  said: string;
}

/** The variables of a whole run of the distribution in `dir` with everything else of its own below it, too. */
export function ownPlaces(dir: string): string[] {
  const inputs = { SPECS_DIR: 'SPECS', CONFIG_FILE: 'imageconfigs/minimal.json' };
  const folders = { BUILD_DIR: 'build', OUT_DIR: 'out', CACHE_DIR: 'cache' };
  return Object.entries({ ...inputs, ...folders }).map(([name, path]) => `${name}=${join(dir, path)}`);
}

/** Starts `make` in `dir` with the Makefile of this checkout. It leads a process group, as on a terminal. */
export function startMake(args: readonly string[], dir: string) {
  const child = spawn('make', ['--no-print-directory', '-f', join(repository, 'Makefile'), ...args], {
    cwd: dir,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/' },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const ended = new Promise<MakeRun>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 137, said }));
  });
  return { pid: child.pid as number, ended };
}

/**
 * Fills a cache folder with what was downloaded for this checkout: debs, sources and the lock; nothing that was made.
 * Links are enough, since a download is never written to again, unless the files shall be another user's.
 */
export async function seedDownloads(cache: string, as: 'links' | 'copies' = 'links'): Promise<void> {
  const { dir } = await testWorker();
  const from = join(dir, '..');
  mkdirSync(cache, { recursive: true });
  for (const name of ['apt', 'debs', 'sources', 'toolchain.lock']) {
    if (existsSync(join(from, name)))
      await runTool(['cp', as === 'links' ? '-al' : '-a', '--', join(from, name), cache]);
  }
}

/** The bundle that a `make` runs at the moment. */
export function bundleOf(make: number): number | undefined {
  const parents = new Map<number, number>();
  const bundles: number[] = [];
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      if (/\/actions\/[^/]+\/dist\//.test(readFileSync(`/proc/${name}/cmdline`, 'utf8')))
        bundles.push(Number(name));
    } catch {
      // It has ended.
    }
  }
  const within = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === make || within(parents.get(pid)));
  return bundles.find(within);
}
