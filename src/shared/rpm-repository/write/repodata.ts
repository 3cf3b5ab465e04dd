import { mkdir, readdir, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { isAbsent, tempSibling } from '../../host/files.ts';
import { filesBelow } from '../../host/folders.ts';
import { runTool } from '../../host/process.ts';

/**
 * The time of every RPM file and of the metadata, in seconds since 1970. Repodata records it, and equal RPMs must give
 * equal bytes. 1980-01-01 is the earliest time that every archive format can hold.
 */
const fixedTime = 315_532_800;

/**
 * Writes `<dir>/repodata` for all RPMs below `dir`, and sets the files' times to a constant. Equal RPMs give equal
 * bytes. A reader sees the whole old repodata, the whole new one or, for a moment, none.
 */
export async function writeRepository(dir: string, log: Log, signal?: AbortSignal): Promise<void> {
  const rpms = (await filesBelow(dir)).filter((path) => path.endsWith('.rpm'));
  for (const path of rpms) await utimes(path, fixedTime, fixedTime);
  for (const name of await readdir(dir)) {
    // Leftovers of a killed run.
    if (/^repodata\..*\.part(\.old)?$/.test(name))
      await rm(join(dir, name), { recursive: true, force: true });
  }
  const fresh = tempSibling(join(dir, 'repodata'));
  const old = `${fresh}.old`;
  try {
    await mkdir(fresh);
    await runTool(
      [
        'createrepo_c',
        '--quiet',
        '--no-database',
        '--checksum=sha256',
        '--unique-md-filenames',
        '--general-compress-type=gz',
        `--revision=${fixedTime}`,
        '--set-timestamp-to-revision',
        `--outputdir=${fresh}`,
        dir,
      ],
      { signal },
    );
    await rename(join(dir, 'repodata'), old).catch((error: unknown) => {
      if (!isAbsent(error)) throw error;
    });
    await rename(join(fresh, 'repodata'), join(dir, 'repodata'));
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
  }
  log.info(`repository of ${rpms.length} RPMs: ${dir}`);
}
