import { randomInt } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import { sourceDateEpoch } from '../base/source-date-epoch.ts';
import { textDigest } from '../host/digests.ts';
import { removeTree } from '../host/folders.ts';
import { LimitError } from '../host/limit-error.ts';
import type { Limits } from '../model/limits.ts';
import { builder } from '../sandbox/arguments.ts';
import { limitsOf } from '../sandbox/limits.ts';
import { createOverlay } from '../sandbox/overlay.ts';
import { runInSandbox } from '../sandbox/run.ts';
import { parserUid, userIds } from '../sandbox/user-ids.ts';
import { type JobAnswer, jobAnswer } from './answer.ts';
import type { SpecFile } from './find.ts';
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

/** Returns how many specs to read at the same time: as many as can run. */
export function parsesAtOnce(): number {
  return availableParallelism();
}

/** Macros by name. */
export type Macros = Readonly<Record<string, string>>;

/** A spec, and the macros that it alone is given. */
export interface AskedSpec extends SpecFile {
  macros: Macros;
}

/**
 * Asks rpm about specs, in sandboxes side by side. Each spec is read in a copy of its folder, laid out as a build sees it,
 * by a user of its own. @returns the answers in the order of `files`
 */
export async function askRpm(
  files: readonly AskedSpec[],
  options: AskOptions,
): Promise<(JobAnswer | undefined)[]> {
  if (files.length === 0) return [];
  await mkdir(options.overlaysDir, { recursive: true });
  const dir = await mkdtemp(join(options.overlaysDir, 'parse-'));
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal ? [options.signal] : [])]);
  try {
    const requests = await writeRequests(join(dir, 'azl'), files, options);
    const trees = await Promise.all(specsDirsOf(files).map((one) => realpath(one)));
    const answers: JobAnswer[] = [];
    let read = 0;
    const running = requests.map(async ({ file, indexes }, index) => {
      const overlay = options.overlay ?? (await createOverlay(join(dir, `overlay-${index}`)));
      const awaited = [...indexes];
      const onLine = (line: string) => {
        const answer = jobAnswer(line, awaited.shift());
        answers[answer.index] = answer;
        read += 1;
        options.log.progress(`specs read: ${read} of ${files.length}`);
      };
      const readRest = async (): Promise<void> => {
        const done = String(indexes.length - awaited.length);
        try {
          await runInSandbox(['/usr/bin/python3', '-IB', '/azl/parse.py', `/azl/${file}`, done], {
            ...parseSandbox(join(dir, 'azl'), trees, options),
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
          const nothing = { digest: '', output: '', answers: null, opened: [], programs: [], named: [] };
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
    return files.map((_, index) => answers[index]);
  } finally {
    await removeTree(dir);
  }
}

/** Returns the folders of specs that files lie in, each once. A sandbox has them at /azl/specs, by their place here. */
const specsDirsOf = (files: readonly AskedSpec[]) => [...new Set(files.map(({ specsDir }) => specsDir))];

/**
 * Returns the sandbox of a parse, but for its root. Pure.
 * @param helpers the folder of `parse.py` and its requests
 * @param trees the real paths of the folders of specs
 */
function parseSandbox(helpers: string, trees: readonly string[], { limits = limitsOf('parse') }: AskOptions) {
  return {
    as: 'root' as const,
    env: { ...buildEnvironment, HOME: builder.home, USER: 'builder' },
    binds: [
      { source: helpers, target: '/azl' },
      ...trees.map((source, nth) => ({ source, target: `/azl/specs/${nth}` })),
    ],
    tmpfs: [topDir, ...sharedFolders],
    limits,
  };
}

/** Where every user may leave files: in memory, so that a spec fills no disk. A test looks for more of them. */
const sharedFolders = ['/tmp', '/var/tmp'];
/** Seconds that the parse of one sandbox may take at most, however many specs it reads and hang. */
const mostSeconds = 1800;
/** The most runs of one spec: without and with its check, and both again without files that are no Sources, twice. */
const runsPerSpec = 6;
/** Seconds for start and end. */
const secondsToEnd = 60;

function secondsFor(specs: number, { secondsPerSpec = 60, secondsForAll = mostSeconds }: AskOptions): number {
  return Math.min(secondsForAll, Math.max(1, specs) * runsPerSpec * secondsPerSpec);
}

/** The part of every request that does not depend on what it asks about. */
function everyRequest({ arch, defines }: Pick<AskOptions, 'arch' | 'defines'>) {
  return {
    ...{ arch, defines, checkMacros: [checkMacros(false), checkMacros(true)], topDir },
    ...{ sharedFolders: [...sharedFolders, '/dev/shm'], time: sourceDateEpoch },
  };
}

/**
 * Returns the SHA-256, in hex, of everything that can change what a parse says about a spec, but for the worker and the
 * spec's folder. Limits are not in it: an answer that they cut short is none.
 * @param given the macros of the spec alone
 */
export function parseRecipe(options: AskOptions, given: Macros): string {
  const { env } = parseSandbox('', [], options);
  const macros = options.macroFiles.map(({ text }) => text);
  const request = everyRequest({ ...options, defines: { ...options.defines, ...given } });
  return textDigest(JSON.stringify([helpers, env, request, macros]));
}

/** Bytes of a spec, as far as they count; none for one that is gone meanwhile. */
function sizeOf(spec: string): number {
  return Math.min(statSync(spec, { throwIfNoEntry: false })?.size ?? 0, mostBytes);
}

/** Bytes of the longest spec that somebody would write: one that only claims to be longer takes no time. */
const mostBytes = 1024 ** 2;

/** Bytes of a spec whose text takes as long as all else about it. */
const bytesAsLong = 4096;

/** Shares specs of these sizes out, the longest first, each to the part that has the least so far. Pure. */
export function sharedOut(sizes: readonly number[], count: number): number[][] {
  const parts = Array.from({ length: count }, () => ({ indexes: [] as number[], weight: 0 }));
  const order = [...sizes.keys()].sort((a, b) => (sizes[b] as number) - (sizes[a] as number));
  for (const index of order) {
    const least = parts.reduce((one, other) => (other.weight < one.weight ? other : one));
    least.indexes.push(index);
    least.weight += (sizes[index] as number) + bytesAsLong;
  }
  return parts.map(({ indexes }) => indexes);
}

/** Writes what the sandboxes see at /azl, where root alone can enter. Returns the requests, and which specs each is about. */
async function writeRequests(dir: string, files: readonly AskedSpec[], options: AskOptions) {
  const trees = specsDirsOf(files);
  for (const nth of trees.keys()) await mkdir(join(dir, 'specs', String(nth)), { recursive: true });
  await chmod(dir, 0o700);
  for (const [name, text] of Object.entries(helpers)) await writeFile(join(dir, name), text);
  for (const [index, { text }] of options.macroFiles.entries())
    await writeFile(join(dir, `${index}.macros`), text);
  // The host counts a user's processes in all sandboxes: one that has too many may not stop the parse of another run.
  const first = randomInt(userIds.last - userIds.first);
  const jobs = files.map(({ specsDir, path, macros }, index) => ({
    ...{ index, tree: `/azl/specs/${trees.indexOf(specsDir)}`, spec: path, macros },
    uid: parserUid(first + index),
  }));
  const count = options.overlay === undefined ? Math.min(options.jobs, jobs.length) : 1;
  const sizes = files.map(({ specsDir, path }) => sizeOf(join(specsDir, path)));
  const requests = sharedOut(sizes, Math.max(1, count)).map((indexes) => ({
    ...everyRequest(options),
    macroFiles: options.macroFiles.map((_file, index) => `/azl/${index}.macros`),
    seconds: options.secondsPerSpec ?? 60,
    allSeconds: secondsFor(indexes.length, options),
    uid: parserUid(first),
    jobs: indexes.map((index) => jobs[index] as (typeof jobs)[0]),
  }));
  const written = requests.map(async (request, nth) => {
    const file = `request-${nth}.json`;
    await writeFile(join(dir, file), JSON.stringify(request));
    return { file, indexes: request.jobs.map(({ index }) => index) };
  });
  return await Promise.all(written);
}
