import { textDigest } from '../../host/digests.ts';
import type { ImageConfig } from '../config/config.ts';

/** Returns the seed of every identifier in an image. It depends on layout and name, not on packages or secrets. Pure. */
export function imageSeed(config: ImageConfig): string {
  const { name, hostname, partitionSettings } = config.system;
  return textDigest(JSON.stringify([config.disk, name, hostname, partitionSettings]));
}

/** Returns a GUID that depends on `seed` and `what` alone: version 8 of RFC 9562, whose bits are free. Pure. */
export function fixedUuid(seed: string, what: string): string {
  const hex = textDigest(`${seed}\n${what}`);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  const end = `8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${end}`;
}

/** Returns a FAT volume id, eight hex digits, that depends on `seed` and `what` alone. Pure. */
export function fixedVolumeId(seed: string, what: string): string {
  return textDigest(`${seed}\n${what}`).slice(0, 8);
}
