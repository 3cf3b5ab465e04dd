import { createHash } from 'node:crypto';
import { runShortTool } from '../../host/short-tool.ts';

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * Returns the `$6$…` hash of a password, made by OpenSSL: SHA-512 crypt as in glibc and libxcrypt, 5000 rounds. The
 * password is in no command line, where other users would see it.
 * @param password one line of at most 256 bytes: OpenSSL cuts a longer one off
 * @param salt at most 16 characters of `./0-9A-Za-z`
 */
export async function sha512Crypt(password: string, salt: string): Promise<string> {
  const argv = ['openssl', 'passwd', '-6', '-salt', salt, '-stdin'];
  return (await runShortTool(argv, { input: `${password}\n` })).stdout.trimEnd();
}

/** Returns a salt that depends on `seed` alone, for reproducible images. The seed must not hold a secret. Pure. */
export function fixedSalt(seed: string): string {
  const bytes = createHash('sha256').update(seed).digest();
  return [...bytes.subarray(0, 16)].map((byte) => alphabet[byte & 63]).join('');
}
