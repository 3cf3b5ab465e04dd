import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { counted } from '../../base/counted.ts';
import { makeCommand } from '../../base/make-command.ts';
import { failOnProblems, problem } from '../../base/problems.ts';
import { aptReason, runApt } from '../../host/apt.ts';
import { fileDigest } from '../../host/digests.ts';
import { ifAbsent } from '../../host/files.ts';
import { isDiskFull } from '../../host/full-disk.ts';
import { ToolError } from '../../host/process.ts';
import { clearLeftovers, withTempDir } from '../../host/temp-dir.ts';
import type { Deb } from './deb.ts';
import { type Apt, offeredVersions, refreshedVersions } from './package-lists.ts';

/** Returns the path of a package's file in the folder of downloaded packages. Pure. */
export function debPath(debsDir: string, deb: Pick<Deb, 'digest'>): string {
  return join(debsDir, `${deb.digest}.deb`);
}

/** Packages that one call of apt fetches: an interrupted download loses at most these. */
const batchSize = 40;

/** Folders that apt downloads into, of each process. */
const downloadPrefix = 'landing-';

/** Returns the place and the hint of a package that the lock names and the mirror lacks. */
const lockPlace = () => ({
  file: 'toolchain.lock',
  hint: `Run \`${makeCommand('toolchain', { UPDATE_LOCK: '1' })}\` to move the lock to what the mirror has now.`,
});

/**
 * Checks each of `debs` in `debsDir` by its digest, and fetches those that are absent or damaged.
 * @throws ProblemsError that names each package that the mirror no longer has
 */
export async function fetchDebs(debs: readonly Deb[], debsDir: string, apt: Apt): Promise<void> {
  await mkdir(debsDir, { recursive: true });
  await clearLeftovers(debsDir, downloadPrefix);
  const wanted: Deb[] = [];
  for (const deb of debs) {
    const path = debPath(debsDir, deb);
    const digest = await fileDigest(path).catch(ifAbsent(undefined));
    if (digest === deb.digest) continue;
    if (digest !== undefined) apt.log.warn(`${path} (${deb.name}) is damaged: it counts as absent`);
    wanted.push(deb);
  }
  if (wanted.length === 0) return;
  failOnGone(wanted, await offeredVersions(wanted, apt));
  const megabytes = wanted.reduce((sum, deb) => sum + deb.size, 0) / 1e6;
  apt.log.info(
    `Fetching ${counted(wanted.length, 'package')} (${megabytes.toFixed(0)} MB) from the host's mirror`,
  );
  for (let start = 0; start < wanted.length; start += batchSize) {
    apt.log.progress(`fetching packages: ${start} of ${wanted.length}`);
    await fetchOffered(wanted.slice(start, start + batchSize), debsDir, apt);
  }
}

function failOnGone(debs: readonly Deb[], offered: ReadonlySet<string>): void {
  const gone = debs.filter((deb) => !offered.has(deb.name));
  const message = ({ name, version }: Deb) =>
    `the lock names ${name} ${version}, which neither the mirror nor the cache has any more`;
  failOnProblems(gone.map((deb) => ({ message: message(deb), ...lockPlace() })));
}

/** Fetches a batch; after a failure once more, with lists that are as new as the mirror. */
async function fetchOffered(batch: readonly Deb[], debsDir: string, apt: Apt): Promise<void> {
  try {
    return await fetchBatch(batch, debsDir, apt);
  } catch (error) {
    if (!(error instanceof ToolError) || isDiskFull(error)) throw error;
  }
  failOnGone(batch, await refreshedVersions(batch, apt));
  await fetchBatch(batch, debsDir, apt).catch((error: unknown) => {
    if (!(error instanceof ToolError) || isDiskFull(error)) throw error;
    throw problem(`The host's mirror does not give what its lists offer (${aptReason(error)})`, {
      hint: 'Look at the network, then run the same command again: what was fetched is kept.',
    });
  });
}

async function fetchBatch(batch: readonly Deb[], debsDir: string, apt: Apt): Promise<void> {
  await withTempDir(debsDir, downloadPrefix, async (dir) => {
    await runApt(['apt-get', 'download', ...batch.map((deb) => `${deb.name}=${deb.version}`)], apt, dir);
    const missing = new Map(batch.map((deb) => [deb.digest, deb]));
    for (const file of await readdir(dir)) {
      const digest = await fileDigest(join(dir, file));
      if (missing.delete(digest)) await rename(join(dir, file), debPath(debsDir, { digest }));
    }
    const [wrong] = missing.values();
    if (wrong !== undefined)
      throw problem(
        `the mirror's ${wrong.name} ${wrong.version} has another digest than the locked ${wrong.digest}`,
        lockPlace(),
      );
  });
}
