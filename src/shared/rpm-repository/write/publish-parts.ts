import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { linkFile } from '../../host/files.ts';
import type { Result } from '../../model/build-result.ts';
import { isDebug } from '../../store/result-files.ts';
import type { ResultFiles, ResultLookup } from '../../store/store.ts';
import { openStored } from '../../store/store.ts';
import { type OwnRepository, publishedFiles } from './publish.ts';
import { type PublishedRepository, publishFolder, repositoryNames } from './publish-artifacts.ts';
import { writeRepository } from './repodata.ts';

/** The parts of a repository, in the order in which they are published: the one with the most users first. */
const parts = ['rpms', 'debuginfo', 'srpms'] as const;
export type Part = (typeof parts)[number];

/** Returns the part of a published file, by its path below `out-dir`. Pure. */
export function partOf(path: string): Part {
  if (!path.startsWith('RPMS/')) return 'srpms';
  return isDebug(path) ? 'debuginfo' : 'rpms';
}

/** Returns the bytes of each part of published files. Pure. */
export function bytesOfParts(files: readonly { path: string; size: number }[]): Record<Part, number> {
  const bytes = { rpms: 0, debuginfo: 0, srpms: 0 };
  for (const { path, size } of files) bytes[partOf(path)] += size;
  return bytes;
}

/** The stores of a job, and its log. */
export interface PartsContext {
  store: ResultFiles;
  /** The store of this machine. */
  local: Droppable;
  log: Log;
  signal: AbortSignal;
}

/**
 * Publishes the parts of a repository as artifacts, one after the other, for a disk that cannot hold all of it. A
 * result's files are removed as soon as they are taken. `out-dir` holds none of them afterwards.
 * @param results sorted so that the results of one artifact of the run, which are fetched together, are neighbours
 * @throws ProblemsError when a part cannot be uploaded; DamagedResultError when a result is gone
 */
export async function publishParts(
  { outDir, arch }: OwnRepository,
  context: PartsContext,
  results: readonly Result[],
  retentionDays: number | undefined,
): Promise<PublishedRepository> {
  const { log, signal } = context;
  const published = { rpms: '', debuginfo: '', srpms: '' };
  const names = repositoryNames(arch);
  for (const part of parts) {
    const dir = join(outDir, part === 'srpms' ? 'SRPMS' : 'RPMS');
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { recursive: true });
    await log.group(`Publishing the repository: ${part}`, async () => {
      if (!(await takePart(outDir, context, results, part))) return;
      if (part !== 'srpms') await writeRepository(dir, log, signal);
      published[part] = await publishFolder(names[part], dir, { compressionLevel: 0, retentionDays, log });
    });
    await rm(dir, { recursive: true, force: true });
  }
  return published;
}

type Droppable = Pick<ResultLookup, 'drop'>;

/** Removes the local copy of a result, which can be fetched again. `folder`: its opened files. */
export async function dropLocal(local: Droppable, { key }: Result, folder: string): Promise<void> {
  await local.drop(key);
  await rm(folder, { recursive: true, force: true });
}

/** Puts the files of one part below `outDir`, and drops the results. Returns true if there is any file. */
async function takePart(
  outDir: string,
  { store, local, log }: PartsContext,
  results: readonly Result[],
  part: Part,
): Promise<boolean> {
  let any = false;
  for (const [at, result] of results.entries()) {
    const available = publishedFiles(result, await store.storedParts(result));
    const files = available.filter(({ path }) => partOf(path) === part);
    if (files.length === 0) continue;
    log.progress(`[${at}/${results.length}] ${result.package}`);
    const { folder } = await openStored(store, result);
    for (const { file, path } of files) await linkFile(join(folder, file), join(outDir, path));
    await dropLocal(local, result, folder);
    any = true;
  }
  return any;
}
