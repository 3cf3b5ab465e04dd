import { readFileSync } from 'node:fs';

const lend = readFileSync(new URL('./lend-device.sh', import.meta.url), 'utf8');

/** A user who may use a device. */
export interface Borrower {
  uid: number;
  gid: number;
  /** Further groups. Default: none. */
  groups?: readonly number[] | undefined;
}

/**
 * Returns the command, for root on the host, that runs `argv`, which sees a device of the host as `borrower`'s own. It
 * still runs as root: it must become that user. Pure.
 */
export function lendDevice(argv: readonly string[], device: string, { uid, gid }: Borrower): string[] {
  return [
    'unshare',
    '--mount',
    '--',
    '/bin/sh',
    '-c',
    lend,
    'azl',
    device,
    String(uid),
    String(gid),
    ...argv,
  ];
}

/** Returns the command that makes root an ordinary user without rights, for `argv`, which ends with its parent. Pure. */
export function becomeUser(argv: readonly string[], { uid, gid, groups = [] }: Borrower): string[] {
  const member = groups.length === 0 ? '--clear-groups' : `--groups=${groups.join(',')}`;
  const noRights = ['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all', '--pdeathsig=KILL'];
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, member, ...noRights, '--', ...argv];
}
