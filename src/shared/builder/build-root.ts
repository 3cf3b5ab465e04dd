import { join } from 'node:path';
import { sourceDateEpoch } from '../base/source-date-epoch.ts';
import { resultsOf } from '../graph/graph.ts';
import type { Result } from '../model/build-result.ts';
import type { PlannedBuild } from '../model/outcome.ts';
import type { RootRpm, Rpm } from '../model/rpm.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { createOverlay, type Root } from '../sandbox/overlay.ts';
import { showRpmWarnings } from '../sandbox/rpm-warnings.ts';
import { installRpms } from '../sandbox/transaction.ts';
import { verifiedRpms } from '../toolchain/verified-rpms.ts';
import type { BuildContext } from './build-context.ts';

/** The parts of a build root. */
interface BuildRootOptions
  extends Pick<BuildContext, 'toolchainDir' | 'log'>,
    Partial<Pick<BuildContext, 'signal'>> {
  /** The package that is built in it. */
  name: string;
  toolchain: Toolchain;
  /** The folder of the overlay. */
  overlay: string;
  /** Exactly the RPMs to install. */
  installed: readonly RootRpm[];
  /** The folder, already verified, that holds a local RPM. */
  folderOf: (rpm: Rpm) => string;
}

/** The RPMs of a build root: those that a key lists, and the results that hold the local ones. */
export interface RootContent extends Pick<PlannedBuild, 'installed' | 'packages'> {
  results: ReadonlyMap<string, Result>;
}

/** Makes the build root that a key lists, from the toolchain and from results of the store. */
export async function enterRoot(
  { tree: { toolchain }, store, toolchainDir, log, signal }: BuildContext,
  name: string,
  content: RootContent,
  overlay: string,
): Promise<Root> {
  const prebuilt = new Map(toolchain.rpms.map((rpm) => [rpm.file, rpm]));
  const local = new Map<string, { rpm: Rpm; result: Result }>();
  for (const result of resultsOf(content, content.packages)) {
    for (const rpm of result.rpms) local.set(rpm.file, { rpm, result });
  }
  const folders = new Map<Rpm, string>();
  const installed: RootRpm[] = [];
  for (const { origin, file } of content.installed) {
    const found = origin === 'toolchain' ? undefined : local.get(file);
    if (found !== undefined) folders.set(found.rpm, await store.openWithoutDebug(found.result));
    installed.push(
      found === undefined
        ? { origin: 'toolchain', rpm: prebuilt.get(file) as Rpm }
        : { origin, rpm: found.rpm },
    );
  }
  const folderOf = (rpm: Rpm) => folders.get(rpm) as string;
  return await makeBuildRoot({ name, toolchain, toolchainDir, overlay, installed, folderOf, log, signal });
}

/** A build root holds other RPMs than its key lists. */
export class WrongBuildRootError extends Error {}

/**
 * Makes a fresh build root: an overlay over the worker in which exactly `installed` is installed.
 * @throws WrongBuildRootError when rpm's database lists other RPMs afterwards; TransactionError; ProblemsError when the
 *   toolchain is damaged
 */
export async function makeBuildRoot(options: BuildRootOptions): Promise<Root> {
  const { toolchain, toolchainDir, installed } = options;
  const root = { worker: join(toolchainDir, 'worker'), overlay: await createOverlay(options.overlay) };
  const change = difference(toolchain, installed);
  const folders = new Map<string, string[]>();
  const prebuilt = change.add.filter(({ origin }) => origin === 'toolchain').map(({ rpm }) => rpm);
  const prebuiltDir = await verifiedRpms(toolchainDir, prebuilt);
  for (const { origin, rpm } of change.add) {
    const dir = origin === 'local' ? options.folderOf(rpm) : prebuiltDir;
    folders.set(dir, [...(folders.get(dir) ?? []), rpm.file]);
  }
  if (change.add.length === 0 && change.remove.length === 0) return root;
  const rpmDirs = [...folders].map(([dir, files]) => ({ dir, files }));
  const { remove } = change;
  const done = await installRpms({ root, rpmDirs, remove, sourceDateEpoch, signal: options.signal });
  compare(done.installed, installed);
  showRpmWarnings(options.log, `the build root of ${options.name}`, done.warnings);
  return root;
}

/** The RPMs to add to the worker and to erase from it so that it holds `installed`. Pure. */
export function difference(toolchain: Toolchain, installed: readonly RootRpm[]) {
  const inWorker = new Set(toolchain.worker);
  const staying = new Set(installed.flatMap(({ origin, rpm }) => (origin === 'toolchain' ? [rpm.file] : [])));
  const add = installed.filter(({ origin, rpm }) => origin === 'local' || !inWorker.has(rpm.file));
  const replaced = new Set(add.map(({ rpm }) => rpm.name));
  const remove = toolchain.rpms
    .filter((rpm) => inWorker.has(rpm.file) && !staying.has(rpm.file) && !replaced.has(rpm.name))
    .map((rpm) => `${rpm.name}-${rpm.version}-${rpm.release}.${rpm.arch}`);
  return { add, remove };
}

/** Compares what rpm's database lists, as `name-epoch:version-release.arch`. @throws WrongBuildRootError */
function compare(found: readonly string[], installed: readonly RootRpm[]): void {
  const expected = installed.map(
    ({ rpm }) => `${rpm.name}-${rpm.epoch}:${rpm.version}-${rpm.release}.${rpm.arch}`,
  );
  const surplus = found.filter((one) => !expected.includes(one));
  const lacking = expected.filter((one) => !found.includes(one));
  const parts = [
    ...(surplus.length > 0 ? [`it holds ${surplus.join(', ')}`] : []),
    ...(lacking.length > 0 ? [`it lacks ${lacking.join(', ')}`] : []),
  ];
  if (parts.length === 0) return;
  throw new WrongBuildRootError(`the build root is not what its key lists: ${parts.join(' and ')}`);
}
