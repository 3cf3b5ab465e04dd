import { readFile } from 'node:fs/promises';
import { textDigest } from '../host/digests.ts';
import { conversionRecipe } from './convert/convert.ts';
import type { StandIn } from './convert/stand-in.ts';
import { standIns } from './convert/stand-ins.ts';
import { workerPackages } from './debian/requested-packages.ts';
import type { Lock } from './lock.ts';
import { workerDigest } from './worker.ts';

/** Everything besides the stand-ins that decides what a toolchain holds. */
const recipe = [conversionRecipe, workerPackages, workerDigest([])];

/** Returns the digest of all that a toolchain folder is made from: the packages of its lock and the recipe. Pure. */
export function stamp(lock: Lock): string {
  return `${textDigest(JSON.stringify([recipe, lock.arch, lock.suite, standInsOf(lock)]))}\n`;
}

/** Returns the RPMs that the packages of a lock become. Pure. */
export function standInsOf(lock: Lock): StandIn[] {
  return standIns(new Map(lock.packages.map((deb) => [deb.name, deb])));
}

/** Returns a digest that all toolchains of this host and this version of azl have in common. */
export async function toolchainKind(): Promise<string> {
  return kindOf(await hostSuite(), process.arch);
}

/** Returns {@link toolchainKind} for a host of this suite and Node's name of its architecture. Pure. */
export function kindOf(suite: string, arch: string): string {
  return textDigest(JSON.stringify([recipe, suite, arch])).slice(0, 16);
}

/** Returns the host's distribution and release: `debian 12`. */
export async function hostSuite(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (name: string) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  return `${field('ID')} ${field('VERSION_ID')}`.trim();
}
