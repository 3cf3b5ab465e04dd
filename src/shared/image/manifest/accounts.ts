import type { UserConfig } from '../config/config.ts';
import { fixedSalt, sha512Crypt } from './crypt.ts';

/** A user as `configure.py` makes it. */
export interface Account {
  name: string;
  uid: number | null;
  /** What stands in /etc/shadow; null: what is there, or none. */
  hash: string | null;
  passwordNeverExpires: boolean;
  primaryGroup: string;
  secondaryGroups: string[];
  startupCommand: string;
  homeDirectory: string;
  sshPubKeys: string[];
}

/** A user with the hash of its password in place of it. Salts follow from `seed`. Pure. */
export function accountOf(user: UserConfig, seed: string, keysOfFiles: readonly string[]): Account {
  const { name, password, passwordHashed } = user;
  const hash = passwordHashed ? password : sha512Crypt(password, fixedSalt(`${seed}\n${name}`));
  return {
    name,
    uid: user.uid ?? null,
    hash: password === '' ? null : hash,
    passwordNeverExpires: user.passwordExpiresDays === -1,
    primaryGroup: user.primaryGroup,
    secondaryGroups: user.secondaryGroups,
    startupCommand: user.startupCommand,
    homeDirectory: user.homeDirectory,
    sshPubKeys: [...user.sshPubKeys, ...keysOfFiles],
  };
}
