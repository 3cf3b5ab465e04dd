import { createHash } from 'node:crypto';

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const rounds = 5000;

/** The order of the last digest's 64 bytes in the scheme's text, three at a time. */
const order = Array.from({ length: 21 }, (_, i) => {
  const triple = [i, i + 21, i + 42];
  return [...triple.slice(i % 3), ...triple.slice(0, i % 3)];
});

/**
 * Returns the `$6$…` hash of a password: SHA-512 crypt as in glibc and libxcrypt (U. Drepper, "Unix crypt using SHA-256
 * and SHA-512"), 5000 rounds. Pure.
 * @param salt at most 16 characters of `./0-9A-Za-z`
 */
export function sha512Crypt(password: string, salt: string): string {
  const key = Buffer.from(password);
  const seed = Buffer.from(salt.slice(0, 16));
  const digest = (...parts: Buffer[]) => createHash('sha512').update(Buffer.concat(parts)).digest();
  const repeated = (text: Buffer, times: number) => digest(...Array<Buffer>(times).fill(text));

  const inner = digest(key, seed, key);
  const first = [key, seed, Buffer.alloc(key.length, inner)];
  for (let bits = key.length; bits > 0; bits >>= 1) first.push(bits & 1 ? inner : key);
  let last = digest(...first);
  const keys = Buffer.alloc(key.length, repeated(key, key.length));
  const salts = Buffer.alloc(seed.length, repeated(seed, 16 + (last[0] as number)));
  for (let round = 0; round < rounds; round++) {
    const parts = [round & 1 ? keys : last];
    if (round % 3 !== 0) parts.push(salts);
    if (round % 7 !== 0) parts.push(keys);
    parts.push(round & 1 ? last : keys);
    last = digest(...parts);
  }
  const byteAt = (index: number | undefined) => last[index as number] as number;
  const text = order.map(([a, b, c]) => letters((byteAt(a) << 16) | (byteAt(b) << 8) | byteAt(c), 4));
  return `$6$${seed.toString()}$${text.join('')}${letters(byteAt(63), 2)}`;
}

/** Returns a salt that depends on `seed` alone, for reproducible images. The seed must not hold a secret. Pure. */
export function fixedSalt(seed: string): string {
  const bytes = createHash('sha256').update(seed).digest();
  return [...bytes.subarray(0, 16)].map((byte) => alphabet[byte & 63]).join('');
}

/** Writes the lowest six bits first. */
function letters(value: number, count: number): string {
  return Array.from({ length: count }, (_, index) => alphabet[(value >> (6 * index)) & 63]).join('');
}
