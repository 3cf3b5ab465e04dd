import type { UserConfig } from '../config/config.ts';
import { fixedSalt, sha512Crypt } from './crypt.ts';

/** Returns a user for `configure.py`, with a password hash whose salt depends on `seed`. Pure. */
export function accountOf(user: UserConfig, seed: string, keysOfFiles: readonly string[]) {
  const { name, password, passwordHashed } = user;
  const { primaryGroup, secondaryGroups, startupCommand, homeDirectory } = user;
  const hash = passwordHashed ? password : sha512Crypt(password, fixedSalt(`${seed}\n${name}`));
  return {
    ...{ name, uid: user.uid ?? null },
    /** For /etc/shadow; null keeps an existing entry, or makes a locked one. */
    hash: password === '' ? null : hash,
    passwordNeverExpires: user.passwordExpiresDays === -1,
    ...{ primaryGroup, secondaryGroups, startupCommand, homeDirectory },
    sshPubKeys: [...user.sshPubKeys, ...keysOfFiles],
  };
}
