import { join } from 'node:path';
import { sourceDateEpoch } from '../base/source-date-epoch.ts';
import type { RootRpm, Rpm } from '../model/rpm.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { createOverlay, type Root } from '../sandbox/overlay.ts';
import { installRpms } from '../sandbox/transaction.ts';
import { verifiedRpms } from '../toolchain/verified-rpms.ts';

/** The parts of a build root. */
export interface BuildRootOptions {
  toolchain: Toolchain;
  toolchainDir: string;
  /** The folder of the overlay. */
  overlay: string;
  /** Exactly the RPMs to install. */
  installed: readonly RootRpm[];
  /** The folder, already verified, that holds a local RPM. */
  folderOf: (rpm: Rpm) => string;
  signal?: AbortSignal;
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
  const { installed: found } = await installRpms({
    root,
    rpmDirs: [...folders].map(([dir, files]) => ({ dir, files })),
    remove: change.remove,
    sourceDateEpoch,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  compare(
    found,
    installed.map(({ rpm }) => nevra(rpm)),
  );
  return root;
}

/** The RPMs to add to the worker and to erase from it so that it holds `installed`. Pure. */
export function difference(
  toolchain: Toolchain,
  installed: readonly RootRpm[],
): { add: RootRpm[]; remove: string[] } {
  const inWorker = new Set(toolchain.worker);
  const staying = new Set(
    installed.filter(({ origin }) => origin === 'toolchain').map(({ rpm }) => rpm.file),
  );
  const add = installed.filter(({ origin, rpm }) => origin === 'local' || !inWorker.has(rpm.file));
  const replaced = new Set(add.map(({ rpm }) => rpm.name));
  const remove = toolchain.rpms
    .filter((rpm) => inWorker.has(rpm.file) && !staying.has(rpm.file) && !replaced.has(rpm.name))
    .map((rpm) => `${rpm.name}-${rpm.version}-${rpm.release}.${rpm.arch}`);
  return { add, remove };
}

/** `name-epoch:version-release.arch`, the form of `installedPackages`. */
function nevra(rpm: Rpm): string {
  return `${rpm.name}-${rpm.epoch}:${rpm.version}-${rpm.release}.${rpm.arch}`;
}

function compare(found: readonly string[], expected: readonly string[]): void {
  const surplus = found.filter((one) => !expected.includes(one));
  const lacking = expected.filter((one) => !found.includes(one));
  if (surplus.length === 0 && lacking.length === 0) return;
  const parts = [
    ...(surplus.length > 0 ? [`it holds ${surplus.join(', ')}`] : []),
    ...(lacking.length > 0 ? [`it lacks ${lacking.join(', ')}`] : []),
  ];
  throw new WrongBuildRootError(`the build root is not what its key lists: ${parts.join(' and ')}`);
}
