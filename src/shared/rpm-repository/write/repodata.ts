import { mkdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { tempSibling } from '../../host/files.ts';
import { filesBelow, replaceDirectory } from '../../host/folders.ts';
import { checkPlainTree } from '../../host/plain-files.ts';
import { clearParts } from '../../host/temp-dir.ts';
import { runHostTool } from '../../sandbox/host-tool.ts';
import { checkRepodata } from './check-repodata.ts';

/**
 * The time of every RPM file and of the metadata, in seconds since 1970. Repodata records it, and equal RPMs must give
 * equal bytes. 1980-01-01 is the earliest time that every archive format can hold.
 */
const fixedTime = 315_532_800;

/** The places of RPMs and repodata for createrepo_c. */
const inner = { rpms: '/azl/rpms', fresh: '/azl/fresh' } as const;

/**
 * Writes `<dir>/repodata` for all RPMs below `dir`, and sets the files' times to a constant. Equal RPMs give equal
 * bytes. A reader sees the whole old repodata, the whole new one or, for a moment, none. createrepo_c reads headers that
 * strangers may have made: it sees the RPMs, read-only, and nothing else.
 * @throws ProblemsError when the lists differ from the RPMs: then the old repodata stays
 */
export async function writeRepository(dir: string, log: Log, signal?: AbortSignal): Promise<void> {
  const rpms = (await filesBelow(dir)).filter((path) => path.endsWith('.rpm'));
  for (const path of rpms) await utimes(path, fixedTime, fixedTime);
  // Leftovers of a killed run.
  await clearParts(dir);
  const fresh = tempSibling(join(dir, 'repodata'));
  const options = [
    ...['--quiet', '--no-database', '--checksum=sha256', '--unique-md-filenames'],
    ...['--general-compress-type=gz', `--revision=${fixedTime}`, '--set-timestamp-to-revision'],
  ];
  try {
    await mkdir(fresh);
    const create = ['createrepo_c', ...options, `--outputdir=${inner.fresh}`, inner.rpms];
    // What it wrote is ours, and not root's.
    const owner = `${process.getuid?.()}:${process.getgid?.()}`;
    const both = `"$@" && chown --recursive --no-dereference ${owner} ${inner.fresh}/repodata`;
    const { stdout, stderr } = await runHostTool(['sh', '-c', both, 'azl', ...create], {
      as: 'root',
      binds: [
        { source: fresh, target: inner.fresh, writable: true },
        { source: dir, target: inner.rpms },
      ],
      signal,
    });
    const repodata = join(fresh, 'repodata');
    await checkPlainTree(repodata);
    await checkRepodata({ dir, repodata, rpms }, `${stdout}\n${stderr}`);
    await replaceDirectory(repodata, join(dir, 'repodata'));
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  log.info(`repository of ${rpms.length} RPMs: ${dir}`);
}
