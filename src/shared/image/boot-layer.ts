import { readFileSync } from 'node:fs';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { briefTool } from '../host/brief.ts';
import { runTool } from '../host/process.ts';

const script = readFileSync(new URL('./report-boot.sh', import.meta.url), 'utf8');
const service = readFileSync(new URL('./report-boot.service', import.meta.url), 'utf8');

/** Emulated, and beside other work, a unit takes many times as long: only the test's own limit counts. */
const patience = `[Manager]
DefaultTimeoutStartSec=20min
DefaultTimeoutStopSec=20min
DefaultDeviceTimeoutSec=20min
`;

/** Everything inside an image that a boot test adds decides over its verdict, too. */
export const bootTestRecipe = [script, service, patience].join('\n');

/**
 * Makes a qcow2 layer over a raw image that adds the boot test's unit and nothing else. The image is only read: the unit
 * is written into a copy of it, and the layer holds the blocks in which the two differ. It names the image by its path.
 */
export async function makeBootLayer(options: {
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
  await writeFile(join(workDir, 'report-boot.sh'), script);
  await writeFile(join(workDir, 'report-boot.service'), service);
  await writeFile(join(workDir, 'patience.conf'), patience);
  await runTool(['cp', '--sparse=always', '--reflink=auto', '--', raw, copy], run);
  await chmod(copy, 0o600);
  const unit = '/etc/systemd/system/azl-report-boot.service';
  const wants = '/etc/systemd/system/sysinit.target.wants';
  const commands = [
    `write ${join(workDir, 'report-boot.sh')} /etc/azl-report-boot.sh`,
    ...[...folders(wants), '/etc/systemd/system.conf.d'].map((folder) => `mkdir ${folder}`),
    `write ${join(workDir, 'patience.conf')} /etc/systemd/system.conf.d/azl-patience.conf`,
    `write ${join(workDir, 'report-boot.service')} ${unit}`,
    `symlink ${wants}/azl-report-boot.service ${unit}`,
  ];
  await briefTool(['/usr/bin/env', 'debugfs', '-w', '-f', '-', `${copy}?offset=${options.rootOffset}`], {
    input: `${commands.join('\n')}\n`,
  });
  await runTool(['qemu-img', 'create', '-q', '-f', 'qcow2', '-b', copy, '-F', 'raw', layer], run);
  await runTool(['qemu-img', 'rebase', '-q', '-f', 'qcow2', '-b', raw, '-F', 'raw', layer], run);
  await rm(copy);
  return layer;
}

/** A folder and those above it, the highest first. What is there already stays as it is. */
function folders(path: string): string[] {
  const parts = path.split('/').slice(1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}

/** Takes a file out of an ext4 filesystem in a raw image. */
export async function takeFile(raw: string, offset: number, path: string, target: string): Promise<void> {
  await briefTool(['/usr/bin/env', 'debugfs', '-f', '-', `${raw}?offset=${offset}`], {
    input: `dump ${path} ${target}\n`,
  });
}
