import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import { sourceDateEpoch } from '../base/source-date-epoch.ts';
import { removeTree } from '../host/folders.ts';
import { LimitError } from '../host/limit-error.ts';
import type { Limits } from '../model/limits.ts';
import { builder } from '../sandbox/arguments.ts';
import { limitsOf } from '../sandbox/limits.ts';
import { createOverlay } from '../sandbox/overlay.ts';
import { runInSandbox } from '../sandbox/run.ts';
import { parserUid, userIds } from '../sandbox/user-ids.ts';
import { type JobAnswer, jobAnswer } from './answer.ts';
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
  /** Seconds that all specs of one sandbox may take. Default: {@link mostSeconds}. */
  secondsForAll?: number;
  /** The limits of one sandbox. Default: those of the table. */
  limits?: Limits;
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
    let read = 0;
    const running = requests.map(async ({ file, indexes }, index) => {
      const overlay = options.overlay ?? (await createOverlay(join(dir, `overlay-${index}`)));
      const awaited = [...indexes];
      const onLine = (line: string) => {
        const answer = jobAnswer(line, awaited.shift());
        answers[answer.index] = answer;
        read += 1;
        options.log.progress(`specs read: ${read} of ${paths.length}`);
      };
      const readRest = async (): Promise<void> => {
        const done = String(indexes.length - awaited.length);
        try {
          await runInSandbox(['/usr/bin/python3', '-IB', '/azl/parse.py', `/azl/${file}`, done], {
            ...parseSandbox(join(dir, 'azl'), root, options),
            root: { worker: options.worker, overlay },
            ...{ onLine, signal },
            // Each spec has its deadline, and all together: this one is for a parse that a stranger replaced.
            timeoutSeconds: secondsFor(indexes.length, options) + secondsToEnd,
          });
        } catch (error) {
          const current = awaited.shift();
          if (!(error instanceof LimitError) || error.limit === 'seconds' || current === undefined)
            throw error;
          // It is the one that is being read. The others are read without it.
          const nothing = { digest: '', output: '', answers: null, opened: [] };
          answers[current] = { index: current, ended: error.message, ...nothing };
          if (awaited.length > 0) await readRest();
        }
      };
      await readRest();
    });
    await Promise.all(running).catch(async (error: unknown) => {
      stop.abort();
      await Promise.allSettled(running);
      throw error instanceof LimitError ? error.of('reading the specs') : error;
    });
    return paths.map((_, index) => answers[index]);
  } finally {
    await removeTree(dir);
  }
}

/** Returns the sandbox of a parse, but for its root. Pure. @param helpers the folder of `parse.py` and its requests */
function parseSandbox(helpers: string, specs: string, { limits = limitsOf('parse') }: AskOptions) {
  return {
    as: 'root' as const,
    env: { ...buildEnvironment, HOME: builder.home, USER: 'builder' },
    binds: [
      { source: helpers, target: '/azl' },
      { source: specs, target: '/azl/specs' },
    ],
    tmpfs: [topDir, ...sharedFolders],
    limits,
  };
}

/** Where every user may leave files: in memory, so that a spec fills no disk. A test looks for more of them. */
const sharedFolders = ['/tmp', '/var/tmp'];
/** Seconds that the parse of one sandbox may take at most, however many specs it reads and hang. */
const mostSeconds = 1800;
/** The most runs of one spec: without and with its check, and both again with what a build is given alone. */
const runsPerSpec = 4;
/** Seconds for start and end. */
const secondsToEnd = 60;

function secondsFor(specs: number, { secondsPerSpec = 60, secondsForAll = mostSeconds }: AskOptions): number {
  return Math.min(secondsForAll, Math.max(1, specs) * runsPerSpec * secondsPerSpec);
}

/** Writes what the sandboxes see at /azl, where root alone can enter. Returns the requests, and which specs each is about. */
async function writeRequests(dir: string, paths: readonly string[], options: AskOptions) {
  await mkdir(join(dir, 'specs'), { recursive: true });
  await chmod(dir, 0o700);
  for (const [name, text] of Object.entries(helpers)) await writeFile(join(dir, name), text);
  for (const [index, { text }] of options.macroFiles.entries())
    await writeFile(join(dir, `${index}.macros`), text);
  // The host counts a user's processes in all sandboxes: one that has too many may not stop the parse of another run.
  const first = randomInt(userIds.last - userIds.first);
  const jobs = paths.map((spec, index) => ({ index, spec, uid: parserUid(first + index) }));
  const count = options.overlay === undefined ? Math.min(options.jobs, jobs.length) : 1;
  const requests = Array.from({ length: Math.max(1, count) }, (_, nth) => ({
    arch: options.arch,
    macroFiles: options.macroFiles.map((_file, index) => `/azl/${index}.macros`),
    defines: options.defines,
    checkMacros: [checkMacros(false), checkMacros(true)],
    specs: '/azl/specs',
    topDir,
    sharedFolders: [...sharedFolders, '/dev/shm'],
    time: sourceDateEpoch,
    seconds: options.secondsPerSpec ?? 60,
    allSeconds: secondsFor(Math.ceil(jobs.length / Math.max(1, count)), options),
    uid: parserUid(first),
    jobs: jobs.filter(({ index }) => index % Math.max(1, count) === nth),
  }));
  const written = requests.map(async (request, nth) => {
    const file = `request-${nth}.json`;
    await writeFile(join(dir, file), JSON.stringify(request));
    return { file, indexes: request.jobs.map(({ index }) => index) };
  });
  return await Promise.all(written);
}
