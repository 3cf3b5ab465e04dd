import { problem } from '../../base/problems.ts';
import type { Rpm } from '../../model/rpm.ts';
import { nameOf } from '../../rpm/requirement.ts';
import { builtinPackages } from '../convert/builtin-packages.ts';
import { withRequirements } from '../convert/requirements.ts';
import { rpmName } from '../convert/rpm-names.ts';
import { workerPackages } from '../debian/requested-packages.ts';

/** Names of RPMs that every build needs, as far as a toolchain has them. */
export const workerRoots = [
  ...['rpm-build', 'filesystem', 'gcc-c++', 'glibc-devel', 'kernel-headers', 'gettext', 'which'],
  ...['azurelinux-rpm-macros', 'shadow-utils', 'pkgconf', 'python3-rpm'],
  ...builtinPackages.map(({ name }) => name),
  ...workerPackages.flat().map(rpmName),
];

/** The paths of programs that azl starts in a worker. */
const essential = ['/bin/sh', '/usr/bin/rpmbuild', '/usr/bin/python3', '/usr/bin/tar'];

/**
 * Returns the RPMs of the worker, sorted by file name: those of the list, or without one those that every build needs, with
 * all that they require.
 * @param manifest the path of the manifest, for messages
 * @throws ProblemsError if a worker of them could build nothing. Pure
 */
export function workerOf(
  rpms: readonly Rpm[],
  files: readonly string[] | undefined,
  manifest: string,
): Rpm[] {
  const listed = new Set(files);
  const chosen =
    files === undefined ? withRequirements(rpms, workerRoots) : rpms.filter(({ file }) => listed.has(file));
  const has = (path: string) =>
    chosen.some(
      (rpm) =>
        rpm.files.includes(path) ||
        rpm.files.includes(`/usr${path}`) ||
        rpm.provides.some((one) => nameOf(one) === path),
    );
  const lacking = essential.filter((path) => !has(path));
  if (lacking.length === 0) return chosen;
  throw problem(`No RPM of the worker has ${lacking.join(', ')}`, { file: manifest });
}
