import { readFileSync } from 'node:fs';
import { link, mkdir, mkdtemp, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../../base/log.ts';
import { sourceDateEpoch } from '../../base/source-date-epoch.ts';
import { textDigest } from '../../host/digests.ts';
import { tempSibling } from '../../host/files.ts';
import { readJson, writeJson } from '../../host/json-files.ts';
import { clearLeftovers } from '../../host/leftovers.ts';
import { runTool } from '../../host/process.ts';
import { withTempDir } from '../../host/temp-dir.ts';
import type { Rpm } from '../../model/rpm.ts';
import { readRpm } from '../../rpm/read.ts';
import { debPath } from '../debian/apt.ts';
import { commonFolders } from './builtin-packages.ts';
import type { StandIn } from './stand-ins.ts';

const converter = readFileSync(new URL('./convert.py', import.meta.url), 'utf8');

/** Kernel modules for desktops, radio and laboratories: two thirds of all, and no image here needs them. */
const dropModules = [
  ...['sound', 'net/bluetooth', 'net/mac80211', 'net/wireless', 'drivers/bluetooth', 'drivers/comedi'],
  ...['drivers/gpu/drm/amd', 'drivers/gpu/drm/gma500', 'drivers/gpu/drm/i915', 'drivers/gpu/drm/nouveau'],
  ...[
    'drivers/gpu/drm/radeon',
    'drivers/gpu/drm/vmwgfx',
    'drivers/gpu/drm/xe',
    'drivers/iio',
    'drivers/infiniband',
  ],
  ...['drivers/isdn', 'drivers/media', 'drivers/net/wireless', 'drivers/staging'],
].map((folder) => `/usr/lib/modules/*/kernel/${folder}/*`);

/** What is left out of every stand-in: texts for people, and what only Debian's own tools read. */
const drop = [
  ...dropModules,
  ...[
    '/usr/share/man/*',
    '/usr/share/info/*',
    '/usr/share/doc/*',
    '/usr/share/doc-base/*',
    '/usr/share/locale/*',
  ],
  ...['/usr/share/lintian/*', '/usr/share/bug/*', '/usr/share/menu/*', '/usr/share/initramfs-tools/*'],
  ...['/usr/share/bash-completion/*', '/usr/share/zsh/*', '/usr/share/fish/*', '/usr/share/gtk-doc/*'],
  ...['/etc/init.d/*', '/etc/rc?.d/*', '/etc/cron.*', '/etc/apt/*', '/etc/dpkg/*', '/etc/initramfs-tools/*'],
  ...[
    '/etc/init.d',
    '/etc/rc?.d',
    '/etc/cron.*',
    '/etc/apt',
    '/etc/dpkg',
    '/etc/initramfs-tools',
    '/usr/share/man',
  ],
  ...['/etc/pam.d/other', '/etc/kernel/*', '/usr/share/dpkg/*', '/etc/bash_completion.d/*'],
];

/** What stays all the same: licences. */
const keep = ['/usr/share/doc/*/copyright'];

export interface ConvertOptions {
  /** Where made RPMs and what is known of them lie, by key. */
  cacheDir: string;
  debsDir: string;
  arch: string;
  jobs: number;
  log: Log;
  signal?: AbortSignal | undefined;
}

/** A stand-in that was made: its RPM file in the cache, and what that says. */
export interface Made {
  standIn: StandIn;
  path: string;
  rpm: Rpm;
}

/** SHA-256 over everything that shapes a stand-in's bytes except the tools of the host. */
export function standInKey(standIn: StandIn, arch: string): string {
  return textDigest(JSON.stringify([conversionRecipe, arch, standIn]));
}

/** Digest of how conversion works: changes with the helper, the lists of this file and the epoch. */
export const conversionRecipe = textDigest(
  JSON.stringify([converter, drop, keep, commonFolders, sourceDateEpoch]),
);

const scratchPrefix = 'azl-convert-';

/** Makes the RPMs of all `standIns` that the cache lacks, `jobs` at once. The order is kept. */
export async function convertAll(standIns: readonly StandIn[], options: ConvertOptions): Promise<Made[]> {
  await mkdir(options.cacheDir, { recursive: true });
  const made = new Map<StandIn, Made>();
  const queue = [...standIns].sort((a, b) => b.debs.length - a.debs.length);
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
  await withTempDir(await scratchParent(), scratchPrefix, async (scratch) => {
    await writeFile(join(scratch, 'convert.py'), converter);
    const work = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        made.set(next, await convert(next, scratch, { ...options, signal }));
        options.log.progress(`converting packages: ${made.size} of ${standIns.length}`);
      }
    };
    const workers = Array.from({ length: options.jobs }, work);
    await Promise.all(workers).catch(async (error: unknown) => {
      stop.abort();
      await Promise.allSettled(workers);
      throw error;
    });
  });
  return standIns.map((standIn) => made.get(standIn) as Made);
}

async function convert(standIn: StandIn, scratch: string, options: ConvertOptions): Promise<Made> {
  const key = standInKey(standIn, options.arch);
  const path = join(options.cacheDir, `${key}.rpm`);
  const facts = join(options.cacheDir, `${key}.json`);
  const known = await readJson<Rpm>(facts);
  if (known !== undefined) {
    const now = await readRpm(path).catch(() => undefined);
    if (now !== undefined && isDeepStrictEqual({ ...now, file: known.file }, known))
      return { standIn, path, rpm: known };
    options.log.warn(`${path}, which stands for ${standIn.name}, is damaged: it is made again`);
  }

  const own = await mkdtemp(join(scratch, 'one-'));
  const job = join(own, 'job.json');
  const { debs, ...rest } = standIn;
  await writeJson(job, {
    ...rest,
    debs: debs.map((digest) => debPath(options.debsDir, { digest })),
    arch: options.arch,
    sourceDateEpoch,
    drop,
    keep,
    commonFolders: standIn.debs.length === 0 ? [] : commonFolders,
  });
  const part = tempSibling(path);
  try {
    await runTool(['/usr/bin/python3', join(scratch, 'convert.py'), job, own, part], {
      timeoutSeconds: 600,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const rpm = await readRpm(part);
    const file = `${rpm.name}-${rpm.version}-${rpm.release}.${rpm.arch}.rpm`;
    const named = { ...rpm, file };
    await rename(part, path);
    await writeJson(facts, named);
    return { standIn, path, rpm: named };
  } finally {
    await rm(part, { force: true });
    await runTool(['chmod', '-R', 'u+rwX', own]).catch(() => {});
    await rm(own, { recursive: true, force: true });
  }
}

/** Puts a made RPM under its own name into `dir`: a hard link, or a copy where that cannot be. */
export async function place(made: Made, dir: string): Promise<void> {
  const target = join(dir, made.rpm.file);
  await link(made.path, target).catch(async () => {
    await runTool(['cp', '--reflink=auto', '--', made.path, target]);
  });
}

/** Removes cached RPMs that no stand-in of the set uses any more. */
export async function prune(cacheDir: string, used: readonly Made[]): Promise<void> {
  const names = new Set(used.flatMap(({ path }) => [path, path.replace(/\.rpm$/, '.json')]));
  for (const name of await readdir(cacheDir)) {
    if (!names.has(join(cacheDir, name))) await rm(join(cacheDir, name), { force: true });
  }
}

/** The folder for scratch files: in memory, which is two to three times faster here, or on the disk where memory is short. */
async function scratchParent(): Promise<string> {
  const needed = 1.5e9;
  const memory = await statfs('/dev/shm').catch(() => undefined);
  const roomy = memory !== undefined && memory.type === 0x01021994 && memory.bavail * memory.bsize > needed;
  const place = roomy ? '/dev/shm' : tmpdir();
  await clearLeftovers(place, scratchPrefix);
  return place;
}
