import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { aptReason, runApt } from '../host/apt.ts';
import { writeWhole } from '../host/files.ts';
import { isDiskFull } from '../host/full-disk.ts';
import { clearLeftovers } from '../host/leftovers.ts';
import { runTool, ToolError } from '../host/process.ts';
import { withTempDir } from '../host/temp-dir.ts';
import type { DebianSource } from './debian-sources.ts';

/** Why something is not there, in words. */
export interface Fault {
  fault: string;
}

export interface DebianArchive {
  /**
   * Writes the tarball of a Debian source package to `path`, whose folder is there. Its bytes are for the caller to
   * judge. Calls that come while apt is busy are answered together by its next run.
   */
  fetch(source: DebianSource, path: string): Promise<Fault | undefined>;
}

export interface DebianArchiveOptions {
  suite: string;
  /** Folder for apt's lists. */
  dir: string;
  /** Where Debian is. Default: where the host gets it from. */
  mirror?: string;
  signal?: AbortSignal;
}

interface Order {
  source: DebianSource;
  path: string;
  resolve(answer: Fault | undefined): void;
  reject(error: unknown): void;
}

/** The host has no mirror that holds Debian's sources, as on Ubuntu without one of its own. */
class NoMirror extends Error {}

/**
 * The sources of one Debian suite, fetched by apt from the host's mirror, through its proxies, with lists and a list
 * file of our own: /etc/apt is only read. What apt fetches is taken or refused by its digest later, so that a host
 * which lacks the suite's keys can use it, too.
 */
export function debianArchive(options: DebianArchiveOptions): DebianArchive {
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
        const fault = options.signal?.aborted ? undefined : faultOf(error);
        for (const { resolve, reject } of batch) {
          if (fault === undefined) reject(error);
          else resolve({ fault });
        }
      }
    }
    busy = false;
  };
  return {
    fetch: (source, path) =>
      new Promise((resolve, reject) => {
        orders.push({ source, path, resolve, reject });
        setImmediate(() => void work());
      }),
  };
}

function faultOf(error: unknown): string | undefined {
  if (isDiskFull(error)) return undefined;
  if (error instanceof ToolError) return aptReason(error);
  return error instanceof NoMirror ? error.message : undefined;
}

/** Folders that apt downloads into, of each process. */
const landingPrefix = 'landing-';

async function serve(batch: readonly Order[], options: DebianArchiveOptions): Promise<void> {
  const answers: (Fault | undefined)[] = [];
  await withTempDir(options.dir, landingPrefix, async (landing) => {
    const sources = batch.map(({ source }) => source);
    const faults = await download(sources, landing, options);
    const landed = new Set(await readdir(landing));
    for (const { source, path } of batch) {
      const there = landed.has(source.file);
      if (there) await copyFile(join(landing, source.file), path);
      answers.push(there ? undefined : { fault: faults.get(source) ?? `it has no ${source.file}` });
    }
  });
  for (const [index, { resolve }] of batch.entries()) resolve(answers[index]);
}

/**
 * Downloads all at once; where apt refuses, after a refresh of the lists and one by one. A suite moves on: a version
 * that it has no more is asked for without its version, because a newer one mostly ships the same tarball.
 */
async function download(
  sources: readonly DebianSource[],
  landing: string,
  options: DebianArchiveOptions,
): Promise<Map<DebianSource, string>> {
  const faults = new Map<DebianSource, string>();
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
  if ((await fetch([...new Set(sources.map(exact))])) === undefined) return faults;
  await apt(['update'], options);
  for (const source of sources) {
    if ((await fetch([exact(source)])) === undefined) continue;
    const fault = await fetch([source.package]);
    if (fault !== undefined) faults.set(source, fault);
  }
  return faults;
}

/** Writes our list file, and fetches the lists when there are none of this suite yet. */
async function prepare(options: DebianArchiveOptions): Promise<void> {
  const { dir, suite } = options;
  await mkdir(join(dir, 'lists'), { recursive: true });
  const mirror = options.mirror ?? (await hostMirror(options));
  await writeWhole(join(dir, 'sources.list'), `deb-src [trusted=yes] ${mirror} ${suite} main\n`);
  await clearLeftovers(dir, landingPrefix);
  const lists = await readdir(join(dir, 'lists'));
  if (!lists.some((name) => name.includes(`_dists_${suite}_`) && /_Sources(\.\w+)?$/.test(name)))
    await apt(['update'], options);
}

/** The mirror from which the host gets Debian. */
async function hostMirror({ signal }: DebianArchiveOptions): Promise<string> {
  const format = '$(REPO_URI)|$(ORIGIN)|$(LABEL)|$(COMPONENT)';
  const { stdout } = await runTool(['apt-get', 'indextargets', '--format', format, 'Created-By: Packages'], {
    ok: 'any',
    ...(signal === undefined ? {} : { signal }),
  });
  const found = mirrorAmong(stdout.split('\n'));
  if (found === undefined) throw new NoMirror("this host's apt sources name no Debian mirror");
  return found;
}

/** The first Debian archive, not its updates for security, among `uri|origin|label|component` rows. */
export function mirrorAmong(rows: readonly string[]): string | undefined {
  for (const row of rows) {
    const [uri = '', origin, label, component] = row.split('|');
    if (origin === 'Debian' && label === 'Debian' && component === 'main' && /^\S+:\/\/\S+$/.test(uri))
      return uri;
  }
  return undefined;
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
