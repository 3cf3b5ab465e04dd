import { readFileSync } from 'node:fs';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { problem } from '../../base/problems.ts';
import { runTool } from '../../host/process.ts';
import { debugfs, type Ext4File, readFrom } from '../disk/debugfs.ts';
import { fullPlace } from '../disk/full-disk.ts';

const script = readFileSync(new URL('./report-boot.sh', import.meta.url), 'utf8');
const service = readFileSync(new URL('./report-boot.service', import.meta.url), 'utf8');

/** Raises systemd's time limits: an emulated machine is many times slower, and only the test's own limit counts. */
const patience = `[Manager]
DefaultTimeoutStartSec=20min
DefaultTimeoutStopSec=20min
DefaultDeviceTimeoutSec=20min
`;

/** The same for services with limits of their own. */
const patienceOfServices = `[Service]
TimeoutStartSec=20min
TimeoutStopSec=20min
WatchdogSec=0
`;

const unit = '/etc/systemd/system/azl-report-boot.service';

/** The files that a boot test adds to an image, by path. */
const added: Readonly<Record<string, string>> = {
  '/etc/azl-report-boot.sh': script,
  '/etc/systemd/system.conf.d/azl-patience.conf': patience,
  '/etc/systemd/system/service.d/azl-patience-of-services.conf': patienceOfServices,
  [unit]: service,
};
const wants = '/etc/systemd/system/sysinit.target.wants';

/** The boot test's additions as text. A stored verdict is valid for one such text. */
export const bootTestRecipe = JSON.stringify([added, wants]);

/**
 * Makes a qcow2 overlay over a raw image that adds the boot test's unit and nothing else. The image is only read: the
 * unit is written into a copy, and the overlay holds the blocks that differ. It refers to the image by path.
 * @returns the path of the overlay
 * @throws ProblemsError when the unit cannot be written, because the filesystem is full or damaged
 */
export async function makeBootOverlay(options: {
  raw: string;
  /** Bytes from the start of the image to its root filesystem (ext4). */
  rootOffset: number;
  workDir: string;
  signal?: AbortSignal | undefined;
}): Promise<string> {
  const { raw, workDir } = options;
  const run = { signal: options.signal };
  const copy = join(workDir, 'changed.raw');
  const overlay = join(workDir, 'overlay.qcow2');
  await runTool(['cp', '--sparse=always', '--reflink=auto', '--', raw, copy], run);
  await chmod(copy, 0o600);
  await addUnit({ dir: workDir, file: 'changed.raw', offset: options.rootOffset });
  await runTool(['qemu-img', 'create', '-q', '-f', 'qcow2', '-b', copy, '-F', 'raw', overlay], run);
  await runTool(['qemu-img', 'rebase', '-q', '-f', 'qcow2', '-b', raw, '-F', 'raw', overlay], run);
  await rm(copy);
  return overlay;
}

async function addUnit(place: Ext4File): Promise<void> {
  // Most folders exist already, which debugfs complains about. Only the final content counts.
  const needed = new Set([wants, ...Object.keys(added).map(dirname)].flatMap(folders));
  const commands = [...needed].map((folder) => `mkdir ${folder}`);
  for (const [path, text] of Object.entries(added)) {
    await writeFile(join(place.dir, basename(path)), text);
    commands.push(`write ${basename(path)} ${path}`);
  }
  const link = `${wants}/azl-report-boot.service`;
  const { complaints } = await debugfs(place, [...commands, `symlink ${link} ${unit}`], { write: true });
  const held = async (path: string) => (await readFrom(place, path).catch(() => '')).toString();
  const lacks = async () => {
    for (const [path, text] of Object.entries(added)) if ((await held(path)) !== text) return path;
    const { output } = await debugfs(place, [`stat ${link}`]);
    return output.includes(`Fast link dest: "${unit}"`) ? undefined : link;
  };
  const lacking = await lacks();
  const why = complaints.find((one) => !one.includes('already exists')) ?? 'debugfs gives no reason';
  const isFull = fullPlace(why) === 'partition';
  const hint = isFull ? "Leave a little room in the partition on '/'." : undefined;
  if (lacking !== undefined)
    throw problem(`The boot test cannot write ${lacking} into its overlay: ${why}`, { hint });
}

/** Returns a folder and its parents, the highest first. */
function folders(path: string): string[] {
  return path === '/' ? [] : [...folders(dirname(path)), path];
}
