import { isRoot } from '../../src/shared/host/process.ts';

// bash: other shells lose variables whose names hold a dash, as those of inputs do.
const inNamespace = (script: string, ...args: readonly string[]) => [
  ...(isRoot() ? [] : ['sudo', '-n', '--preserve-env', '--']),
  ...['unshare', '--mount', '--', 'bash', '-c'],
  ...[`set -e; mount --make-rprivate /; ${script}; exec "$@"`, 'bash', ...args],
];

/** A command that starts the one behind it with the file `release` in the place of /etc/os-release, for it alone. */
export const withRelease = (release: string) =>
  inNamespace('mount --bind "$1" "$(readlink -f /etc/os-release)"; shift', release);

/** The same without apt, for it alone. */
export const withoutApt = (release: string) =>
  inNamespace(
    'mount --bind "$1" "$(readlink -f /etc/os-release)"; shift; ' +
      'mkdir -p /run/azl-test-$$; mount -t tmpfs none /run/azl-test-$$; ' +
      'mkdir /run/azl-test-$$/up /run/azl-test-$$/work; ' +
      'mount -t overlay none -o "lowerdir=/usr/bin,upperdir=/run/azl-test-$$/up,workdir=/run/azl-test-$$/work" /usr/bin; ' +
      'rm /usr/bin/apt-get; umount -l /run/azl-test-$$; rmdir /run/azl-test-$$',
    release,
  );

/** A command that starts the one behind it as the root of a container that may not mount. */
export const withoutMounts = () => [
  ...(isRoot() ? [] : ['sudo', '-n', '--preserve-env', '--']),
  ...['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin', '--'],
];

/** A command that starts the one behind it with an overlay at `folder`, as the `/` of a container is, for it alone. */
export const withOverlay = (folder: string) =>
  inNamespace(
    'd=$1; shift; mount -t tmpfs none "$d"; mkdir "$d/low" "$d/up" "$d/work"; ' +
      'mount -t overlay none -o "lowerdir=$d/low,upperdir=$d/up,workdir=$d/work" "$d"',
    folder,
  );

/** A command that starts the one behind it with an empty read-only disk at `folder`, for it alone. */
export const withReadOnly = (folder: string) => inNamespace('mount -t tmpfs -o ro none "$1"; shift', folder);

/** A command that starts the one behind it without any network, for it alone. */
export const withoutNetwork = () => [
  ...(isRoot() ? [] : ['sudo', '-n', '--preserve-env', '--']),
  ...['unshare', '--net', '--'],
];
