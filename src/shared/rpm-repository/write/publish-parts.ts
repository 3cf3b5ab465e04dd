import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildContext } from '../../builder/build-context.ts';
import { linkFile } from '../../host/files.ts';
import type { Result } from '../../model/build-result.ts';
import { openStored } from '../../store/open-stored.ts';
import { isDebug } from '../../store/result-files.ts';
import type { Store } from '../../store/store.ts';
import { publishedFiles } from './publish.ts';
import { type PublishedRepository, publishFolder, repositoryNames } from './publish-artifacts.ts';
import { writeRepository } from './repodata.ts';

/** What is published one after the other where a disk does not hold all of it: everybody wants the first, few the others. */
const parts = ['rpms', 'debuginfo', 'srpms'] as const;
export type Part = (typeof parts)[number];

/** The part that a published file belongs to, by its path below `out-dir`. Pure. */
export function partOf(path: string): Part {
  if (!path.startsWith('RPMS/')) return 'srpms';
  return isDebug(path) ? 'debuginfo' : 'rpms';
}

/** Bytes of each part of published files. */
export function bytesOfParts(files: readonly { path: string; size: number }[]): Record<Part, number> {
  const bytes = { rpms: 0, debuginfo: 0, srpms: 0 };
  for (const { path, size } of files) bytes[partOf(path)] += size;
  return bytes;
}

/**
 * Publishes the parts of a repository as artifacts, one after the other: no two of them are on the disk at once, and a
 * result is there only until its files are taken. `out-dir` holds none of it afterwards.
 * @param local the store of this machine
 * @param results those of one artifact of the run beside each other: they are fetched together
 * @throws ProblemsError when one cannot be uploaded; DamagedResult when one is not to be had any more
 */
export async function publishParts(
  context: BuildContext,
  local: Store,
  results: readonly Result[],
  retentionDays: number | undefined,
): Promise<PublishedRepository> {
  const { log, signal } = context;
  const options = { compressionLevel: 0, retentionDays, log } as const;
  const published = { rpms: '', debuginfo: '', srpms: '' };
  const artifacts = repositoryNames(context.tree.toolchain.arch);
  for (const part of parts) {
    const dir = join(context.inputs.outDir, part === 'srpms' ? 'SRPMS' : 'RPMS');
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { recursive: true });
    await log.group(`Publishing the repository: ${part}`, async () => {
      if (!(await takePart(context, local, results, part))) return;
      if (part !== 'srpms') await writeRepository(dir, log, signal);
      published[part] = await publishFolder(artifacts[part], dir, options);
    });
    await rm(dir, { recursive: true, force: true });
  }
  return published;
}

/** Removes what lies here of an opened result: it can be had again. */
export async function letGo(local: Store, { key }: Result, folder: string): Promise<void> {
  await local.drop(key);
  await rm(folder, { recursive: true, force: true });
}

/** Puts the files of one part below `out-dir`; nothing else of the results stays. Answers whether there are any. */
async function takePart(
  context: BuildContext,
  local: Store,
  results: readonly Result[],
  part: Part,
): Promise<boolean> {
  let any = false;
  for (const [at, result] of results.entries()) {
    const ofKept = publishedFiles(result, await context.store.storedParts(result));
    const files = ofKept.filter(({ path }) => partOf(path) === part);
    if (files.length === 0) continue;
    context.log.progress(`[${at}/${results.length}] ${result.package}`);
    const { folder } = await openStored(context.store, result);
    for (const { file, path } of files) await linkFile(join(folder, file), join(context.inputs.outDir, path));
    await letGo(local, result, folder);
    any = true;
  }
  return any;
}
