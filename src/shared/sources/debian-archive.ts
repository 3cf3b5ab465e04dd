import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { aptReason, runApt } from '../host/apt.ts';
import { writeWhole } from '../host/files.ts';
import { isDiskFull } from '../host/full-disk.ts';
import { runTool, ToolError } from '../host/process.ts';
import { clearLeftovers, withTempDir } from '../host/temp-dir.ts';
import type { DebianSource } from './debian-sources.ts';

export type DebianArchive = ReturnType<typeof debianArchive>;

export interface DebianArchiveOptions {
  suite: string;
  /** Folder for apt's lists. */
  dir: string;
  /** The address of a Debian mirror. Default: the host's. */
  mirror?: string;
  signal?: AbortSignal | undefined;
}

interface Order {
  source: DebianSource;
  path: string;
  resolve(failure: string | undefined): void;
  reject(error: unknown): void;
}

/** The host names no mirror of Debian, as on Ubuntu. */
class NoMirrorError extends Error {}

/**
 * Fetches source packages of one Debian suite with apt, from the host's mirror and through its proxies. The lists and the
 * list file are azl's own: /etc/apt is only read. The digest of each file is checked later, so a host without the suite's
 * keys can use this, too.
 */
export function debianArchive(options: DebianArchiveOptions) {
  const orders: Order[] = [];
  let ready: Promise<void> | undefined;
  let busy = false;
  const work = async () => {
    if (busy) return;
    busy = true;
    while (orders.length > 0) {
      const batch = orders.splice(0);
      try {
        ready ??= prepare(options);
        await ready;
        await serve(batch, options);
      } catch (error) {
        const failure = options.signal?.aborted ? undefined : failureOf(error);
        for (const { resolve, reject } of batch) {
          if (failure === undefined) reject(error);
          else resolve(failure);
        }
      }
    }
    busy = false;
  };
  return {
    /**
     * Writes the tarball of a Debian source package to `path`, in a folder that exists. The next run of apt serves all
     * calls that come while apt is running. @returns the reason why there is no file, if there is none
     */
    fetch: (source: DebianSource, path: string): Promise<string | undefined> =>
      new Promise((resolve, reject) => {
        orders.push({ source, path, resolve, reject });
        setImmediate(() => void work());
      }),
  };
}

/** @returns undefined for an error that ends the run */
function failureOf(error: unknown): string | undefined {
  if (isDiskFull(error)) return undefined;
  if (error instanceof ToolError) return aptReason(error);
  return error instanceof NoMirrorError ? error.message : undefined;
}

/** Folders that apt downloads into, of each process. */
const landingPrefix = 'landing-';

async function serve(batch: readonly Order[], options: DebianArchiveOptions): Promise<void> {
  const answers: (string | undefined)[] = [];
  await withTempDir(options.dir, landingPrefix, async (landing) => {
    const sources = batch.map(({ source }) => source);
    const failures = await download(sources, landing, options);
    const landed = new Set(await readdir(landing));
    for (const { source, path } of batch) {
      const there = landed.has(source.file);
      if (there) await copyFile(join(landing, source.file), path);
      answers.push(there ? undefined : (failures.get(source) ?? `it has no ${source.file}`));
    }
  });
  for (const [index, { resolve }] of batch.entries()) resolve(answers[index]);
}

/**
 * Downloads all packages at once; if apt fails, refreshes the lists and downloads one by one. A version that the suite no
 * longer has is then asked for without its version, because a newer one mostly has the same tarball.
 * @returns the reason for each package that cannot be downloaded
 */
async function download(
  sources: readonly DebianSource[],
  landing: string,
  options: DebianArchiveOptions,
): Promise<Map<DebianSource, string>> {
  const failures = new Map<DebianSource, string>();
  const exact = (source: DebianSource) => `${source.package}=${source.version}`;
  const fetch = async (names: readonly string[]): Promise<string | undefined> => {
    try {
      await apt(['source', '--download-only', '--tar-only', '--only-source', ...names], options, landing);
      return undefined;
    } catch (error) {
      if (!(error instanceof ToolError) || isDiskFull(error)) throw error;
      return aptReason(error);
    }
  };
  if ((await fetch([...new Set(sources.map(exact))])) === undefined) return failures;
  await apt(['update'], options);
  for (const source of sources) {
    if ((await fetch([exact(source)])) === undefined) continue;
    const failure = await fetch([source.package]);
    if (failure !== undefined) failures.set(source, failure);
  }
  return failures;
}

/** Writes the list file, and fetches the lists if there are none of this suite yet. */
async function prepare(options: DebianArchiveOptions): Promise<void> {
  const { dir, suite } = options;
  await mkdir(join(dir, 'lists'), { recursive: true });
  const mirror = options.mirror ?? (await hostMirror(options.signal));
  await writeWhole(join(dir, 'sources.list'), `deb-src [trusted=yes] ${mirror} ${suite} main\n`);
  await clearLeftovers(dir, landingPrefix);
  const lists = await readdir(join(dir, 'lists'));
  if (!lists.some((name) => name.includes(`_dists_${suite}_`) && /_Sources(\.\w+)?$/.test(name)))
    await apt(['update'], options);
}

/** Returns the mirror of Debian that the host uses. */
export async function hostMirror(signal: AbortSignal | undefined): Promise<string> {
  const format = '$(REPO_URI)|$(ORIGIN)|$(LABEL)|$(COMPONENT)';
  const { stdout } = await runTool(['apt-get', 'indextargets', '--format', format, 'Created-By: Packages'], {
    ok: 'any',
    signal,
  });
  const found = mirrorAmong(stdout.split('\n'));
  if (found === undefined) throw new NoMirrorError("this host's apt sources name no Debian mirror");
  return found;
}

/** Returns the first Debian archive among `uri|origin|label|component` rows; security updates do not count. Pure. */
export function mirrorAmong(rows: readonly string[]): string | undefined {
  const found = rows.find((row) => /^\S+:\/\/[^\s|]+\|Debian\|Debian\|main$/.test(row));
  return found?.split('|')[0];
}

async function apt(argv: readonly string[], options: DebianArchiveOptions, cwd?: string): Promise<void> {
  const { dir, signal } = options;
  const settings = {
    'Dir::Etc::sourcelist': join(dir, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Acquire::Retries': '2',
  };
  await runApt(['apt-get', '-q', ...argv], { dir, settings, signal }, cwd);
}
