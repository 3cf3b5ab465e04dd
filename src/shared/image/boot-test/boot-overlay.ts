import { readFileSync } from 'node:fs';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { problem } from '../../base/problems.ts';
import { runTool } from '../../host/process.ts';
import { debugfs, type Ext4File, readFrom } from '../disk/debugfs.ts';
import { fullPlace } from '../disk/full-disk.ts';

const script = readFileSync(new URL('./report-boot.sh', import.meta.url), 'utf8');
const service = readFileSync(new URL('./report-boot.service', import.meta.url), 'utf8');

/** Emulated, and beside other work, a unit takes many times as long: only the test's own limit counts. */
const patience = `[Manager]
DefaultTimeoutStartSec=20min
DefaultTimeoutStopSec=20min
DefaultDeviceTimeoutSec=20min
`;

/** The same for services that say a time of their own. */
const patienceOfServices = `[Service]
TimeoutStartSec=20min
TimeoutStopSec=20min
WatchdogSec=0
`;

const unit = '/etc/systemd/system/azl-report-boot.service';

/** What a boot test adds to an image, by path. */
const added: Readonly<Record<string, string>> = {
  '/etc/azl-report-boot.sh': script,
  '/etc/systemd/system.conf.d/azl-patience.conf': patience,
  '/etc/systemd/system/service.d/azl-patience-of-services.conf': patienceOfServices,
  [unit]: service,
};
const wants = '/etc/systemd/system/sysinit.target.wants';

/** Everything inside an image that a boot test adds decides over its verdict, too. */
export const bootTestRecipe = JSON.stringify([added, wants]);

/**
 * Makes a qcow2 layer over a raw image that adds the boot test's unit and nothing else. The image is only read: the unit
 * is written into a copy of it, and the layer holds the blocks in which the two differ. It names the image by its path.
 * @throws ProblemsError when the unit cannot be written, because the filesystem is full or none.
 */
export async function makeBootOverlay(options: {
  raw: string;
  /** Bytes from the start of the image to its root filesystem (ext4). */
  rootOffset: number;
  workDir: string;
  signal?: AbortSignal;
}): Promise<string> {
  const { raw, workDir } = options;
  const run = options.signal === undefined ? {} : { signal: options.signal };
  const copy = join(workDir, 'changed.raw');
  const layer = join(workDir, 'layer.qcow2');
  await runTool(['cp', '--sparse=always', '--reflink=auto', '--', raw, copy], run);
  await chmod(copy, 0o600);
  await addUnit({ dir: workDir, file: 'changed.raw', offset: options.rootOffset });
  await runTool(['qemu-img', 'create', '-q', '-f', 'qcow2', '-b', copy, '-F', 'raw', layer], run);
  await runTool(['qemu-img', 'rebase', '-q', '-f', 'qcow2', '-b', raw, '-F', 'raw', layer], run);
  await rm(copy);
  return layer;
}

async function addUnit(place: Ext4File): Promise<void> {
  // Most folders are there already: complaints are of no interest, only what is there in the end.
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
    const { said } = await debugfs(place, [`stat ${link}`]);
    return said.includes(`Fast link dest: "${unit}"`) ? undefined : link;
  };
  const lacking = await lacks();
  const why = complaints.find((one) => !one.includes('already exists')) ?? 'debugfs says nothing';
  if (lacking !== undefined)
    throw problem(
      `The boot test cannot write ${lacking} into its layer: ${why}`,
      fullPlace(why) === 'partition' ? { hint: "Leave a little room in the partition on '/'." } : {},
    );
}

/** A folder and those above it, the highest first. What is there already stays as it is. */
function folders(path: string): string[] {
  const parts = path.split('/').slice(1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}
