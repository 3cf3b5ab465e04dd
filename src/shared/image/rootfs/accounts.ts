import type { UserConfig } from '../config/config.ts';
import { fixedSalt, sha512Crypt } from './crypt.ts';

/** A user for `configure.py`. */
export interface Account
  extends Pick<
    UserConfig,
    'name' | 'primaryGroup' | 'secondaryGroups' | 'startupCommand' | 'homeDirectory' | 'sshPubKeys'
  > {
  uid: number | null;
  /** The hash for /etc/shadow; null keeps an existing entry, or makes a locked one. */
  hash: string | null;
  passwordNeverExpires: boolean;
}

/** Returns a user with a password hash instead of the password. Its salt depends on `seed`. Pure. */
export function accountOf(user: UserConfig, seed: string, keysOfFiles: readonly string[]): Account {
  const { name, password, passwordHashed } = user;
  const { primaryGroup, secondaryGroups, startupCommand, homeDirectory } = user;
  const hash = passwordHashed ? password : sha512Crypt(password, fixedSalt(`${seed}\n${name}`));
  return {
    ...{ name, uid: user.uid ?? null, hash: password === '' ? null : hash },
    passwordNeverExpires: user.passwordExpiresDays === -1,
    ...{ primaryGroup, secondaryGroups, startupCommand, homeDirectory },
    sshPubKeys: [...user.sshPubKeys, ...keysOfFiles],
  };
}
