/** Folders that are empty in an image: the running system fills them. */
export const emptied: readonly string[] = ['/tmp', '/var/tmp', '/run', '/dev', '/proc', '/sys'];

/** Folders that lose their files and keep their folders. */
export const cleared: readonly string[] = ['/var/log'];

/** Files, and folders with their content, that tools leave behind, or that differ from run to run. */
export const obsoleteFiles: readonly string[] = [
  ...['/var/cache/ldconfig', '/var/cache/dnf', '/var/cache/tdnf', '/var/lib/systemd/random-seed'],
  ...['/etc/.pwd.lock', '/etc/passwd-', '/etc/shadow-', '/etc/group-', '/etc/gshadow-'],
  ...['/etc/resolv.conf.bak', '/usr/lib/sysimage/rpm/.rpm.lock', '/var/lib/rpm/.rpm.lock'],
];

/** True if a file at `path` is removed from every image, as far as the path itself shows. Pure. */
export function isRemoved(path: string): boolean {
  const inside = (folders: readonly string[]) => folders.some((folder) => path.startsWith(`${folder}/`));
  return (
    inside(emptied) ||
    cleared.includes(path.slice(0, path.lastIndexOf('/'))) ||
    obsoleteFiles.includes(path) ||
    inside(obsoleteFiles)
  );
}
