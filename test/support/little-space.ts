import { isRoot } from '../../src/shared/host/process.ts';

/** A command that starts the one behind it with only so many megabytes in `folder`, for it alone. */
export function littleSpace(folder: string, megabytes: number): string[] {
  const mount =
    'mount --make-rprivate / && mount -t tmpfs -o size="$1" azl-test "$2" && shift 2 && exec "$@"';
  // bash: other shells lose variables whose names hold a dash, as those of inputs do.
  const asRoot = isRoot() ? [] : ['sudo', '-n', '--preserve-env', '--'];
  const size = `${Math.ceil(megabytes * 1024)}k`;
  return [...asRoot, 'unshare', '--mount', '--', 'bash', '-c', mount, 'bash', size, folder];
}

/**
 * A command that starts the one behind it with a small ext4 file system in `folder`, for it alone. The kernel counts what
 * programs write to it, as on every disk and not in memory. Its bytes lie in `<folder>.ext4`.
 */
export function littleDisk(folder: string, megabytes: number): string[] {
  const mount = `mount --make-rprivate / && truncate -s "$1" "$2.ext4" && mkfs.ext4 -q -m 0 "$2.ext4" &&
    mount -o loop "$2.ext4" "$2" && shift 2 && exec "$@"`;
  const asRoot = isRoot() ? [] : ['sudo', '-n', '--preserve-env', '--'];
  return [...asRoot, 'unshare', '--mount', '--', 'bash', '-c', mount, 'bash', `${megabytes}M`, folder];
}
