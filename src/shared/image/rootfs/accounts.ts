import type { UserConfig } from '../config/config.ts';
import { fixedSalt, sha512Crypt } from './crypt.ts';

/** Returns the password hash of each user, with salts that depend on `seed`; null for a user without a password. */
export async function passwordHashes(users: readonly UserConfig[], seed: string): Promise<(string | null)[]> {
  const hashOf = async ({ name, password, passwordHashed }: UserConfig) => {
    if (password === '') return null;
    return passwordHashed ? password : await sha512Crypt(password, fixedSalt(`${seed}\n${name}`));
  };
  return await Promise.all(users.map(hashOf));
}

/** Returns a user for `configure.py`. Pure. */
export function accountOf(user: UserConfig, hash: string | null, keysOfFiles: readonly string[]) {
  const { name, primaryGroup, secondaryGroups, startupCommand, homeDirectory } = user;
  return {
    ...{ name, uid: user.uid ?? null },
    /** For /etc/shadow; null keeps an existing entry, or makes a locked one. */
    hash,
    passwordNeverExpires: user.passwordExpiresDays === -1,
    ...{ primaryGroup, secondaryGroups, startupCommand, homeDirectory },
    sshPubKeys: [...user.sshPubKeys, ...keysOfFiles],
  };
}
