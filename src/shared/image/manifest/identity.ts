import { textDigest } from '../../host/digests.ts';

/** A GUID that follows from `seed` and `what` alone: version 8 of RFC 9562 (its bits are ours to choose). */
export function fixedUuid(seed: string, what: string): string {
  const hex = textDigest(`${seed}\n${what}`);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
  ];
  return [...parts, hex.slice(20, 32)].join('-');
}

/** A FAT volume id, eight hex digits. */
export function fixedVolumeId(seed: string, what: string): string {
  return textDigest(`${seed}\n${what}`).slice(0, 8);
}
