import { cp, mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { lastLines } from '../../base/last-lines.ts';
import type { Log } from '../../base/log.ts';
import { failOnProblems, problem } from '../../base/problems.ts';
import { fileDigest } from '../../host/digests.ts';
import { isDiskFull } from '../../host/full-disk.ts';
import { clearLeftovers } from '../../host/leftovers.ts';
import { runTool, ToolError } from '../../host/process.ts';
import { withTempDir } from '../../host/temp-dir.ts';
import { type Deb, parsePackages } from './deb.ts';

/** apt with the host's sources, but lists, cache and status of our own: it needs no rights and changes nothing. */
export interface Apt {
  /** Our folder: holds `lists/`, `cache/` and an empty `status`. */
  dir: string;
  log: Log;
  signal?: AbortSignal | undefined;
  /** apt's settings besides ours: another mirror than the host's. */
  settings?: Readonly<Record<string, string>>;
}

function options({ dir, settings: others }: Apt): string[] {
  const settings = {
    'Dir::State': dir,
    'Dir::State::lists': join(dir, 'lists'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': join(dir, 'cache'),
    'APT::Sandbox::User': '',
    'APT::Update::Post-Invoke': '',
    'APT::Update::Post-Invoke-Success': '',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
    'Acquire::http::Timeout': '30',
    'Acquire::https::Timeout': '30',
    ...others,
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

async function apt(argv: readonly string[], work: Apt, cwd?: string): Promise<string> {
  const { dir, signal } = work;
  await mkdir(join(dir, 'lists/partial'), { recursive: true });
  await mkdir(join(dir, 'cache/archives/partial'), { recursive: true });
  const [tool, ...rest] = argv;
  const run = await runTool([tool as string, ...options(work), ...rest], {
    timeoutSeconds: 1800,
    ...(signal === undefined ? {} : { signal }),
    ...(cwd === undefined ? {} : { cwd }),
  });
  return run.stdout;
}

/**
 * Every package that the host's sources offer now. Lists are fetched anew; where that fails, those that the host
 * already has are used.
 */
export async function offeredPackages(work: Apt, arch: string): Promise<Map<string, Deb>> {
  await seedLists(work.dir);
  try {
    await apt(['apt-get', 'update'], work);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    work.log.warn({
      message: `The package lists could not be refreshed (${lastLines(error.stderr, 1) || error.message})`,
      hint: 'The lists that this machine already has are used.',
    });
  }
  const debs = parsePackages(await apt(['apt-cache', 'dumpavail'], work), arch);
  if (debs.size === 0)
    throw problem('apt knows no packages', {
      hint: 'Look at /etc/apt/sources.list and the network, then run `apt-get update`.',
    });
  return debs;
}

/** Starts from the host's lists, so that only what changed is fetched. */
async function seedLists(dir: string): Promise<void> {
  const own = join(dir, 'lists');
  if (await exists(own)) return;
  await mkdir(own, { recursive: true });
  const host = '/var/lib/apt/lists';
  for (const name of await readdir(host).catch(() => [])) {
    if (/_(InRelease|Release|Release\.gpg|Packages(\.\w+)?)$/.test(name))
      await cp(join(host, name), join(own, name), { preserveTimestamps: true }).catch(() => {});
  }
}

/** The path of a package's file in the folder of debs. */
export function debPath(debsDir: string, deb: Pick<Deb, 'digest'>): string {
  return join(debsDir, `${deb.digest}.deb`);
}

/** How many packages one call of apt fetches: what an interrupted download loses at most. */
const batch = 40;

/**
 * Makes sure that each of `debs` lies, checked, in `debsDir`; fetches those that do not.
 * @throws ProblemsError naming each that the mirror does not have any more.
 */
export async function fetchDebs(debs: readonly Deb[], debsDir: string, work: Apt): Promise<void> {
  await mkdir(debsDir, { recursive: true });
  await clearLeftovers(debsDir, 'landing-');
  const wanted: Deb[] = [];
  for (const deb of debs) {
    const path = debPath(debsDir, deb);
    const found = (await exists(path)) ? await fileDigest(path) : undefined;
    if (found === deb.digest) continue;
    if (found !== undefined) work.log.warn(`${path} (${deb.name}) is damaged: it counts as absent`);
    wanted.push(deb);
  }
  if (wanted.length === 0) return;
  failOnGone(wanted, await versionsOffered(wanted, work));
  const megabytes = wanted.reduce((sum, deb) => sum + deb.size, 0) / 1e6;
  work.log.info(`Fetching ${wanted.length} packages (${megabytes.toFixed(0)} MB) from the host's mirror`);
  for (let start = 0; start < wanted.length; start += batch) {
    work.log.progress(`fetching packages: ${start} of ${wanted.length}`);
    const next = wanted.slice(start, start + batch);
    try {
      await fetchBatch(next, debsDir, work);
    } catch (error) {
      if (!(error instanceof ToolError) || isDiskFull(error)) throw error;
      // Our lists may offer what the mirror, which has moved on, does not have any more.
      await refreshLists(work);
      failOnGone(next, await listed(next, work));
      await fetchBatch(next, debsDir, work).catch(inWords);
    }
  }
}

function failOnGone(debs: readonly Deb[], offered: ReadonlySet<string>): void {
  const gone = debs.filter((deb) => !offered.has(deb.name));
  failOnProblems(
    gone.map((deb) => ({
      message: `the lock names ${deb.name} ${deb.version}, which neither the mirror nor the cache has any more`,
      file: 'toolchain.lock',
      hint: 'Run `make toolchain UPDATE_LOCK=1` to move the lock to what the mirror has now.',
    })),
  );
}

/** What apt says when it cannot fetch what its lists offer. */
function inWords(error: unknown): never {
  if (!(error instanceof ToolError) || isDiskFull(error)) throw error;
  throw problem(
    `The host's mirror does not give what its lists offer (${lastLines(error.stderr, 1) || error.message})`,
    {
      hint: 'Look at the network, then run the same command again: what was fetched is kept.',
    },
  );
}

async function fetchBatch(debs: readonly Deb[], debsDir: string, work: Apt): Promise<void> {
  await withTempDir(debsDir, 'landing-', async (landing) => {
    await apt(['apt-get', 'download', ...debs.map((deb) => `${deb.name}=${deb.version}`)], work, landing);
    const byDigest = new Map(debs.map((deb) => [deb.digest, deb]));
    for (const file of await readdir(landing)) {
      const digest = await fileDigest(join(landing, file));
      if (byDigest.delete(digest)) await rename(join(landing, file), join(debsDir, `${digest}.deb`));
    }
    const [wrong] = byDigest.values();
    if (wrong !== undefined)
      throw problem(
        `the mirror's ${wrong.name} ${wrong.version} has another digest than the locked ${wrong.digest}`,
        {
          file: 'toolchain.lock',
          hint: 'Run `make toolchain UPDATE_LOCK=1` to move the lock to what the mirror has now.',
        },
      );
  });
}

/** Names of those whose exact version our lists have; lists that lack one are refreshed once. */
async function versionsOffered(debs: readonly Deb[], work: Apt): Promise<Set<string>> {
  await seedLists(work.dir);
  const first = await listed(debs, work);
  if (first.size === debs.length) return first;
  await refreshLists(work);
  return await listed(debs, work);
}

/** Fetches the lists anew; where that fails, the old ones stay. */
async function refreshLists(work: Apt): Promise<void> {
  await apt(['apt-get', 'update'], work).catch((error: unknown) => {
    if (!(error instanceof ToolError) || isDiskFull(error)) throw error;
  });
}

async function listed(debs: readonly Deb[], work: Apt): Promise<Set<string>> {
  const asked = ['apt-cache', 'madison', ...debs.map((deb) => deb.name)];
  const table = await apt(asked, work).catch((error: unknown) => {
    if (error instanceof ToolError) return '';
    throw error;
  });
  const rows = new Set(
    table.split('\n').map((row) =>
      row
        .split('|', 2)
        .map((cell) => cell.trim())
        .join(' '),
    ),
  );
  return new Set(debs.filter((deb) => rows.has(`${deb.name} ${deb.version}`)).map((deb) => deb.name));
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
