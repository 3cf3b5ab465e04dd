import { readFileSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { problem } from '../../base/problems.ts';
import { runTool } from '../../host/process.ts';
import { runHostTool } from '../../sandbox/host-tool.ts';
import { debugfs, type Ext4File } from '../disk/debugfs.ts';
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

/** The paths of the image, and of what is made of it, for tools and machine. */
export const inner = { raw: '/azl/raw', changed: '/azl/changed', overlay: '/azl/overlay' } as const;

/**
 * Makes a qcow2 overlay over a raw image that adds the boot test's unit and nothing else. The image is only read: the
 * unit is written into a copy, and the overlay holds the blocks that differ. It refers to the image as `/azl/raw`.
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
  const { raw, workDir, signal } = options;
  const copy = join(workDir, 'changed.raw');
  const overlay = join(workDir, 'overlay.qcow2');
  await runTool(['cp', '--sparse=always', '--reflink=auto', '--', raw, copy], { signal });
  await chmod(copy, 0o600);
  await addUnit({ path: copy, offset: options.rootOffset }, workDir);
  await writeFile(overlay, '', { flag: 'wx' });
  const make = (command: string, base: string) =>
    `qemu-img ${command} -q -f qcow2 -b ${base} -F raw ${inner.overlay}`;
  const both = `${make('create', inner.changed)} && ${make('rebase', inner.raw)}`;
  await runHostTool(['sh', '-c', both], {
    as: 'root',
    binds: [
      { source: raw, target: inner.raw },
      { source: copy, target: inner.changed },
      { source: overlay, target: inner.overlay, writable: true },
    ],
    signal,
  });
  await rm(copy);
  return overlay;
}

async function addUnit(place: Ext4File, workDir: string): Promise<void> {
  // Most folders exist already, which debugfs complains about. Only the final content counts.
  const needed = new Set([wants, ...Object.keys(added).map(dirname)].flatMap(folders));
  const commands = [...needed].map((folder) => `mkdir ${folder}`);
  const files = join(workDir, 'added');
  await mkdir(files);
  for (const [path, text] of Object.entries(added)) {
    await writeFile(join(files, basename(path)), text);
    commands.push(`write /azl/added/${basename(path)} ${path}`);
  }
  const link = `${wants}/azl-report-boot.service`;
  const { complaints } = await debugfs(place, [...commands, `symlink ${link} ${unit}`], {
    write: true,
    binds: [{ source: files, target: '/azl/added' }],
  });
  const paths = Object.keys(added);
  const { output } = await debugfs(place, [...paths.map((path) => `cat ${path}`), `stat ${link}`]);
  const lacking =
    paths.find((path) => !output.includes(added[path] as string)) ??
    (output.includes(`Fast link dest: "${unit}"`) ? undefined : link);
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
