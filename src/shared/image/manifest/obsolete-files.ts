/** Folders that are empty in an image: they are the running system's. */
export const emptied: readonly string[] = ['/tmp', '/var/tmp', '/run', '/dev', '/proc', '/sys'];

/** Folders of which the files are removed, and the folders in them stay. */
export const cleared: readonly string[] = ['/var/log'];

/** Files, and folders with what is in them, that tools leave and no image should have, or that differ from run to run. */
export const obsoleteFiles: readonly string[] = [
  ...['/var/cache/ldconfig', '/var/cache/dnf', '/var/cache/tdnf', '/var/lib/systemd/random-seed'],
  ...[
    '/etc/.pwd.lock',
    '/etc/passwd-',
    '/etc/shadow-',
    '/etc/group-',
    '/etc/gshadow-',
    '/etc/resolv.conf.bak',
  ],
  ...['/usr/lib/sysimage/rpm/.rpm.lock', '/var/lib/rpm/.rpm.lock'],
];

/** Whether a file at `path` would not be in the image, as far as the path itself tells. Pure. */
export function isLost(path: string): boolean {
  const inside = (folders: readonly string[]) => folders.some((folder) => path.startsWith(`${folder}/`));
  return (
    inside(emptied) ||
    cleared.includes(path.slice(0, path.lastIndexOf('/'))) ||
    obsoleteFiles.includes(path) ||
    inside(obsoleteFiles)
  );
}
