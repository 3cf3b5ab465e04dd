import { join } from 'node:path';
import { order } from '../base/order.ts';
import { sourceDateEpoch } from '../base/source-date-epoch.ts';
import { removeArchives } from '../cache-key/recipe.ts';
import { resultsOf } from '../graph/graph.ts';
import { withTempDir } from '../host/temp-dir.ts';
import type { Result } from '../model/build-result.ts';
import type { Limits } from '../model/limits.ts';
import type { PlannedBuild } from '../model/outcome.ts';
import type { RootRpm, Rpm } from '../model/rpm.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { copyRpm, normalisedRelease, withoutNormalisedRelease } from '../rpm/normalised.ts';
import { rpmFacts } from '../rpm/read.ts';
import { nevra } from '../rpm/version.ts';
import { installRpms } from '../sandbox/installed.ts';
import { limitsOf } from '../sandbox/limits.ts';
import { createOverlay, type Root } from '../sandbox/overlay.ts';
import { showRpmWarnings } from '../sandbox/rpm-warnings.ts';
import { runInSandbox } from '../sandbox/run.ts';
import { installedDifference, TransactionError } from '../sandbox/transaction.ts';
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
  /** False for a package whose key has every byte of them. */
  releasesHidden: boolean;
  /** True if libtool's archives of what is installed are removed. */
  archivesRemoved?: boolean;
  /** The limits of the transaction. Default: those of the table. */
  limits?: Limits;
  /** The folder, already verified, that holds a local RPM. */
  folderOf: (rpm: Rpm) => string;
}

/** The RPMs of a build root: those that a key lists, and the results that hold the local ones. */
export interface RootContent extends Pick<PlannedBuild, 'installed' | 'packages'> {
  results: ReadonlyMap<string, Result>;
}

/** Makes the build root that a key lists, from the toolchain and from results of the store. */
export async function enterRoot(
  { inputs, tree: { toolchain, releaseAware, policiesOf }, store, toolchainDir, log, signal }: BuildContext,
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
  const limits = limitsOf('transaction', inputs.packageLimits, name);
  const archivesRemoved = policiesOf(name).includes('remove-libtool-archives');
  const where = { archivesRemoved, toolchain, toolchainDir, overlay, folderOf, limits, log, signal };
  return await makeBuildRoot({ ...where, name, installed, releasesHidden: !releaseAware.has(name) });
}

/** A build root holds other RPMs than its key lists. */
export class WrongBuildRootError extends Error {}

/**
 * Makes a fresh build root: an overlay over the worker in which exactly `installed` is installed. RPMs on top of the worker
 * are installed as normalised copies, so that neither a scriptlet nor the build sees more of them than the key holds.
 * @throws WrongBuildRootError when an RPM is not the one of the key, or rpm's database lists other RPMs afterwards;
 *   TransactionError; ProblemsError when the toolchain is damaged
 */
export async function makeBuildRoot(options: BuildRootOptions): Promise<Root> {
  const root = await installRoot(options);
  const { archivesRemoved = false, limits, signal } = options;
  const argv = removeArchives(options.installed.map(({ rpm }) => rpm));
  if (archivesRemoved && argv.length > removeArchives([]).length)
    await runInSandbox(argv, { root, as: 'root', limits, signal });
  return root;
}

async function installRoot(options: BuildRootOptions): Promise<Root> {
  const { toolchain, toolchainDir, installed, releasesHidden } = options;
  const root = { worker: join(toolchainDir, 'worker'), overlay: await createOverlay(options.overlay) };
  const change = difference(toolchain, installed);
  const prebuilt = change.add.filter(({ origin }) => origin === 'toolchain').map(({ rpm }) => rpm);
  const prebuiltDir = await verifiedRpms(toolchainDir, prebuilt);
  if (change.add.length === 0 && change.remove.length === 0) return root;
  await withTempDir(root.overlay, 'rpms-', async (dir) => {
    const files = [];
    for (const one of change.add) {
      const folder = one.origin === 'local' ? options.folderOf(one.rpm) : prebuiltDir;
      files.push(await copyForRoot(folder, one, dir, releasesHidden));
    }
    const transaction = { root, rpmDirs: [{ dir, files }], remove: change.remove, releasesHidden };
    const { limits, signal } = options;
    const installing = installRpms({ ...transaction, sourceDateEpoch, limits, signal });
    const done = await installing.catch(onTransactionError);
    compare(done, installed, new Set(releasesHidden ? change.add : []));
    const warnings = done.warnings.map((one) => ({
      package: withoutNormalisedRelease(one.package),
      message: withoutNormalisedRelease(one.message),
    }));
    showRpmWarnings(options.log, `the build root of ${options.name}`, warnings);
  });
  return root;
}

/** Handles the rejection of a transaction: its message names RPMs without the release that only builds see. */
function onTransactionError(error: unknown): never {
  if (!(error instanceof TransactionError)) throw error;
  throw new TransactionError(
    error.problems.map(withoutNormalisedRelease),
    withoutNormalisedRelease(error.output),
  );
}

/**
 * Copies an RPM as a build may see it, under a name without its release. Returns that name.
 * @throws WrongBuildRootError for another RPM than `rpm`
 */
async function copyForRoot(folder: string, { origin, rpm }: RootRpm, dir: string, normalised: boolean) {
  const file = `${rpm.name}.${rpm.arch}.rpm`;
  const found = await rpmFacts(await copyRpm(join(folder, rpm.file), join(dir, file), normalised));
  const [is, expected] = [nevra(found), nevra(rpm)];
  if (is !== expected) throw new WrongBuildRootError(`${join(folder, rpm.file)} is ${is}, not ${expected}`);
  if (origin === 'local' && found.outputDigest !== rpm.outputDigest)
    throw new WrongBuildRootError(
      `${join(folder, rpm.file)} has not the output digest that its result states`,
    );
  return file;
}

/** The RPMs to add to the worker and to erase from it so that it holds `installed`. Pure. */
export function difference(toolchain: Toolchain, installed: readonly RootRpm[]) {
  const inWorker = new Set(toolchain.worker);
  const staying = new Set(installed.flatMap(({ origin, rpm }) => (origin === 'toolchain' ? [rpm.file] : [])));
  // In an order that follows from the key: scriptlets see it, and so does the numbering of rpm's database.
  const add = installed
    .filter(({ origin, rpm }) => origin === 'local' || !inWorker.has(rpm.file))
    .sort((a, b) => order(a.rpm.name, b.rpm.name) || order(a.rpm.arch, b.rpm.arch));
  const replaced = new Set(add.map(({ rpm }) => rpm.name));
  const remove = toolchain.rpms
    .filter((rpm) => inWorker.has(rpm.file) && !staying.has(rpm.file) && !replaced.has(rpm.name))
    .map((rpm) => `${rpm.name}-${rpm.version}-${rpm.release}.${rpm.arch}`);
  return { add, remove };
}

/** Compares what rpm's database lists with what was to be installed: names, then headers. @throws WrongBuildRootError */
function compare(
  found: Awaited<ReturnType<typeof installRpms>>,
  installed: readonly RootRpm[],
  normalised: ReadonlySet<RootRpm>,
): void {
  const listed = installed.map((one) => nevra(one.rpm, normalised.has(one) ? normalisedRelease : undefined));
  const names = found.installed.map((one) => one.slice(0, one.lastIndexOf(' ')));
  const difference =
    installedDifference(names, listed) ?? installedDifference(found.installed, found.expected);
  if (difference !== undefined)
    throw new WrongBuildRootError(`the build root is not what its key lists: ${difference}`);
}
