import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import { sourceDateEpoch } from '../base/source-date-epoch.ts';
import { removeTree } from '../host/folders.ts';
import { builder } from '../sandbox/arguments.ts';
import { createOverlay } from '../sandbox/overlay.ts';
import { runInSandbox } from '../sandbox/run.ts';
import { parserUid } from '../sandbox/user-ids.ts';
import type { JobAnswer } from './answer.ts';
import { buildEnvironment, checkMacros, topDir } from './macros/policy.ts';

/** The helper that asks librpm, and its parts, by file name. */
const helpers = {
  'parse.py': readFileSync(new URL('./parse.py', import.meta.url), 'utf8'),
  'child.py': readFileSync(new URL('./child.py', import.meta.url), 'utf8'),
  'folder.py': readFileSync(new URL('./folder.py', import.meta.url), 'utf8'),
} as const;

/** How specs are parsed. */
export interface AskOptions {
  /** The worker's tree. */
  worker: string;
  /** An overlay of the worker with more in it, in which everything is parsed. Default: fresh ones. */
  overlay?: string;
  /** The folder for temporary overlays. */
  overlaysDir: string;
  /** Loaded after rpm's own macros, in this order. */
  macroFiles: readonly { name: string; text: string }[];
  defines: Readonly<Record<string, string>>;
  /** `x86_64`, `aarch64`. */
  arch: string;
  /** Specs read at the same time. */
  jobs: number;
  /** Seconds that one spec may take. Default: 60. */
  secondsPerSpec?: number;
  log: Log;
  signal?: AbortSignal;
}

/**
 * Asks rpm about specs of a folder, in sandboxes side by side. Each spec is read in a copy of its folder, laid out as a
 * build sees it, by a user of its own.
 * @param root the real path of the folder of specs
 * @param paths of the specs, relative to the folder
 * @returns the answers in the order of `paths`
 */
export async function askRpm(
  root: string,
  paths: readonly string[],
  options: AskOptions,
): Promise<(JobAnswer | undefined)[]> {
  if (paths.length === 0) return [];
  await mkdir(options.overlaysDir, { recursive: true });
  const dir = await mkdtemp(join(options.overlaysDir, 'parse-'));
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal ? [options.signal] : [])]);
  try {
    const requests = await writeRequests(join(dir, 'azl'), paths, options);
    const answers: JobAnswer[] = [];
    const onLine = (line: string) => {
      const answer = JSON.parse(line) as JobAnswer;
      answers[answer.index] = answer;
      options.log.progress(`specs read: ${answers.filter(Boolean).length} of ${paths.length}`);
    };
    const running = requests.map(async (request, index) => {
      const overlay = options.overlay ?? (await createOverlay(join(dir, `overlay-${index}`)));
      await runInSandbox(['/usr/bin/python3', '-IB', '/azl/parse.py', `/azl/${request}`], {
        root: { worker: options.worker, overlay },
        as: 'root',
        env: { ...buildEnvironment, HOME: builder.home, USER: 'builder' },
        binds: [
          { source: join(dir, 'azl'), target: '/azl' },
          { source: root, target: '/azl/specs' },
        ],
        tmpfs: [topDir],
        onLine,
        signal,
      });
    });
    await Promise.all(running).catch(async (error: unknown) => {
      stop.abort();
      await Promise.allSettled(running);
      throw error;
    });
    return paths.map((_, index) => answers[index]);
  } finally {
    await removeTree(dir);
  }
}

/** Writes what the sandboxes see at /azl, where root alone can enter. Returns the names of the requests. */
async function writeRequests(dir: string, paths: readonly string[], options: AskOptions): Promise<string[]> {
  await mkdir(join(dir, 'specs'), { recursive: true });
  await chmod(dir, 0o700);
  for (const [name, text] of Object.entries(helpers)) await writeFile(join(dir, name), text);
  for (const [index, { text }] of options.macroFiles.entries())
    await writeFile(join(dir, `${index}.macros`), text);
  const jobs = paths.map((spec, index) => ({ index, spec, uid: parserUid(index) }));
  const count = options.overlay === undefined ? Math.min(options.jobs, jobs.length) : 1;
  const requests = Array.from({ length: Math.max(1, count) }, (_, nth) => ({
    arch: options.arch,
    macroFiles: options.macroFiles.map((_file, index) => `/azl/${index}.macros`),
    defines: options.defines,
    checkMacros: [checkMacros(false), checkMacros(true)],
    specs: '/azl/specs',
    topDir,
    time: sourceDateEpoch,
    seconds: options.secondsPerSpec ?? 60,
    uid: parserUid(0),
    jobs: jobs.filter(({ index }) => index % Math.max(1, count) === nth),
  }));
  const names = requests.map((_, nth) => `request-${nth}.json`);
  for (const [nth, name] of names.entries()) await writeFile(join(dir, name), JSON.stringify(requests[nth]));
  return names;
}
