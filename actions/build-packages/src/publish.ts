import { copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { aside, readJson, writeJson } from '../../../src/shared/host/files.ts';
import type { Result } from '../../../src/shared/result/result.ts';
import { writeRepository } from '../../../src/shared/rpm/repository.ts';
import type { Workshop } from './workshop.ts';

/** `out/packages.json`: which files below `out-dir` each package published. */
interface Inventory {
  schema: 'azl/packages';
  version: 1;
  packages: Record<string, { key: string; files: string[] }>;
}

/** Where an RPM lies below `out-dir`. */
export function publishedPath(rpm: { file: string; arch: string }): string {
  return join('RPMS', rpm.arch, rpm.file);
}

/**
 * Makes `out-dir` hold exactly the current RPMs and SRPMs: of `results`, and of packages of the tree that this run did
 * not touch. RPMs of packages that failed or left the tree, older versions, and files that no package claims go.
 */
export async function publish(
  workshop: Workshop,
  results: readonly Result[],
  touched: readonly string[],
): Promise<void> {
  const { inputs, store, tree, context } = workshop;
  const inventoryFile = join(inputs.outDir, 'packages.json');
  const before = await readJson<Inventory>(inventoryFile);
  const packages: Inventory['packages'] = {};
  for (const [name, entry] of Object.entries(before?.packages ?? {})) {
    if (tree.graph.specs.has(name) && !touched.includes(name)) packages[name] = entry;
  }
  const folders = ['RPMS', join('RPMS', tree.toolchain.arch), join('RPMS', 'noarch'), 'SRPMS'];
  for (const folder of folders) await mkdir(join(inputs.outDir, folder), { recursive: true });
  for (const result of results) {
    const from = await store.open(result);
    const there = before?.packages[result.package]?.key === result.key;
    const files = [...result.rpms.map(publishedPath), join('SRPMS', result.srpm.file)];
    for (const path of files)
      await put(join(from, path.slice(path.lastIndexOf('/') + 1)), join(inputs.outDir, path), there);
    packages[result.package] = { key: result.key, files };
  }
  const claimed = new Set(Object.values(packages).flatMap(({ files }) => files));
  for (const folder of folders) {
    for (const name of await readdir(join(inputs.outDir, folder))) {
      const path = join(folder, name);
      if (/\.rpm(\.[^/]*\.part)?$/.test(name) && !claimed.has(path))
        await rm(join(inputs.outDir, path), { force: true });
    }
  }
  const sorted = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeJson(inventoryFile, {
    schema: 'azl/packages',
    version: 1,
    packages: sorted,
  } satisfies Inventory);
  await writeRepository(join(inputs.outDir, 'RPMS'), context.log, context.signal);
}

/** Copies a file so that it appears whole. One that this result published before is left as it is. */
async function put(from: string, to: string, there: boolean): Promise<void> {
  if (there && (await sameSize(from, to))) return;
  const part = aside(to);
  await copyFile(from, part);
  await rename(part, to);
}

async function sameSize(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([stat(a), stat(b).catch(() => undefined)]);
  return left.size === right?.size;
}
