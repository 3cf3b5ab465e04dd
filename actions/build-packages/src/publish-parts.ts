import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { linkFile } from '../../../src/shared/host/files.ts';
import type { Result } from '../../../src/shared/result/result.ts';
import { writeRepository } from '../../../src/shared/rpm/repository.ts';
import { isDebug } from '../../../src/shared/store/result-files.ts';
import { publishedFiles } from './publish.ts';
import { type PublishedRepository, publishFolder } from './publish-artifacts.ts';
import type { Workshop } from './workshop.ts';

/** What is published one after the other where a disk does not hold all of it: everybody wants the first, few the others. */
const parts = ['rpms', 'debuginfo', 'srpms'] as const;
export type Part = (typeof parts)[number];

/** The part that a published file belongs to, by its path below `out-dir`. Pure. */
export function partOf(path: string): Part {
  if (!path.startsWith('RPMS/')) return 'srpms';
  return isDebug(path) ? 'debuginfo' : 'rpms';
}

/** Bytes of each part of these results. */
export function bytesOfParts(results: readonly Result[]): Record<Part, number> {
  const bytes = { rpms: 0, debuginfo: 0, srpms: 0 };
  for (const result of results)
    for (const { path, size } of publishedFiles(result)) bytes[partOf(path)] += size;
  return bytes;
}

/**
 * Publishes the parts of a repository as artifacts, one after the other: no two of them are on the disk at once, and a
 * result is there only until its files are taken. `out-dir` holds none of it afterwards.
 * @param results those of one artifact of the run beside each other: they are fetched together
 * @throws ProblemsError when one cannot be uploaded; DamagedResult when one is not to be had any more
 */
export async function publishParts(
  workshop: Workshop,
  results: readonly Result[],
  retentionDays: number | undefined,
): Promise<PublishedRepository> {
  const { log, signal } = workshop.context;
  const options = { compressionLevel: 0, retentionDays, log } as const;
  const { arch } = workshop.tree.toolchain;
  const published = { packages: '', debuginfo: '', srpms: '' };
  const artifacts = { rpms: `azl-rpms-${arch}`, debuginfo: `azl-debuginfo-${arch}`, srpms: 'azl-srpms' };
  for (const part of parts) {
    const dir = join(workshop.inputs.outDir, part === 'srpms' ? 'SRPMS' : 'RPMS');
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { recursive: true });
    await log.group(`Publishing the repository: ${part}`, async () => {
      if (!(await takePart(workshop, results, part))) return;
      if (part !== 'srpms') await writeRepository(dir, log, signal);
      const output = part === 'rpms' ? 'packages' : part;
      published[output] = await publishFolder(artifacts[part], dir, options);
    });
    await rm(dir, { recursive: true, force: true });
  }
  return published;
}

/** Puts the files of one part below `out-dir`; nothing else of the results stays. Answers whether there are any. */
async function takePart(workshop: Workshop, results: readonly Result[], part: Part): Promise<boolean> {
  let any = false;
  for (const [at, result] of results.entries()) {
    const files = publishedFiles(result).filter(({ path }) => partOf(path) === part);
    if (files.length === 0) continue;
    workshop.context.log.progress(`[${at}/${results.length}] ${result.package}`);
    const from = await workshop.store.open(result);
    for (const { file, path } of files) await linkFile(join(from, file), join(workshop.inputs.outDir, path));
    await workshop.local.drop(result.key);
    any = true;
  }
  return any;
}
