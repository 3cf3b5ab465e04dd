import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { problem } from '../../base/problems.ts';
import { aptReason, type PrivateApt, runApt } from '../../host/apt.ts';
import { isDiskFull } from '../../host/full-disk.ts';
import { ToolError } from '../../host/process.ts';
import { type Deb, parsePackages } from './deb.ts';

/** apt with the host's sources, and lists of its own. */
export interface Apt extends PrivateApt {
  log: Log;
}

/**
 * Fetches the lists of the host's sources and returns every package in them, by name. When they cannot be fetched, the
 * lists that this machine has are used.
 * @throws ProblemsError when there are no lists
 */
export async function offeredPackages(apt: Apt, arch: string): Promise<Map<string, Deb>> {
  await seedLists(apt.dir);
  try {
    await runApt(['apt-get', 'update'], apt);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    apt.log.warn({
      message: `The package lists could not be refreshed (${aptReason(error)})`,
      hint: 'The lists that this machine already has are used.',
    });
  }
  const debs = parsePackages(await runApt(['apt-cache', 'dumpavail'], apt), arch);
  if (debs.size === 0)
    throw problem('apt knows no packages', {
      hint: 'Look at /etc/apt/sources.list and the network, then run `apt-get update`.',
    });
  return debs;
}

/** Copies the host's lists where there are none yet, so that only changes are fetched. */
async function seedLists(dir: string): Promise<void> {
  const own = join(dir, 'lists');
  const isNew = (await mkdir(own, { recursive: true })) !== undefined;
  if (!isNew) return;
  const host = '/var/lib/apt/lists';
  for (const name of await readdir(host).catch(() => [])) {
    if (/_(InRelease|Release|Release\.gpg|Packages(\.\w+)?)$/.test(name))
      await cp(join(host, name), join(own, name), { preserveTimestamps: true }).catch(() => {});
  }
}

/** Returns the names of those of `debs` whose exact version the lists have. Fetches the lists again when one is missing. */
export async function offeredVersions(debs: readonly Deb[], apt: Apt): Promise<Set<string>> {
  await seedLists(apt.dir);
  const offered = await listedVersions(debs, apt);
  return offered.size === debs.length ? offered : await refreshedVersions(debs, apt);
}

/** Fetches the lists again, keeps the old ones where that fails, and returns as {@link offeredVersions}. */
export async function refreshedVersions(debs: readonly Deb[], apt: Apt): Promise<Set<string>> {
  await runApt(['apt-get', 'update'], apt).catch((error: unknown) => {
    if (!(error instanceof ToolError) || isDiskFull(error)) throw error;
  });
  return await listedVersions(debs, apt);
}

async function listedVersions(debs: readonly Deb[], apt: Apt): Promise<Set<string>> {
  const argv = ['apt-cache', 'madison', ...debs.map((deb) => deb.name)];
  const table = await runApt(argv, apt).catch((error: unknown) => {
    if (error instanceof ToolError) return '';
    throw error;
  });
  const cells = table.split('\n').map((row) => row.split('|', 2).map((cell) => cell.trim()));
  const rows = new Set(cells.map((row) => row.join(' ')));
  return new Set(debs.filter((deb) => rows.has(`${deb.name} ${deb.version}`)).map((deb) => deb.name));
}
