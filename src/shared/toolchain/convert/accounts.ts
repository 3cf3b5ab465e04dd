import { splitAtBlanks } from '../../base/split-at-blanks.ts';

/** The system accounts that own files of Debian's packages, with Debian's numbers. */

/** Groups: name, number. */
export const groups = fields(`
  root:0 daemon:1 bin:2 sys:3 adm:4 tty:5 disk:6 lp:7 mail:8 news:9 uucp:10 man:12 proxy:13 kmem:15
  dialout:20 fax:21 voice:22 cdrom:24 floppy:25 tape:26 sudo:27 audio:29 dip:30 www-data:33 backup:34
  operator:37 list:38 irc:39 src:40 shadow:42 utmp:43 video:44 sasl:45 plugdev:46 staff:50 games:60
  messagebus:81 users:100 input:104 sgx:105 kvm:106 render:107 nogroup:65534
`).map(([name = '', gid]) => [name, Number(gid)] as const);

/** Users: name, number, number of the group, home, shell (default: `nologin`). */
export const users = fields(`
  root:0:0:/root:/bin/bash daemon:1:1:/usr/sbin bin:2:2:/bin sys:3:3:/dev sync:4:65534:/bin:/bin/sync
  games:5:60:/usr/games man:6:12:/var/cache/man lp:7:7:/var/spool/lpd mail:8:8:/var/mail
  news:9:9:/var/spool/news uucp:10:10:/var/spool/uucp proxy:13:13:/bin www-data:33:33:/var/www
  backup:34:34:/var/backups list:38:38:/var/list irc:39:39:/run/ircd _apt:42:65534:/nonexistent
  messagebus:81:81:/nonexistent nobody:65534:65534:/nonexistent
`).map(
  ([name = '', uid, gid, home, shell = '/usr/sbin/nologin']) =>
    [name, Number(uid), Number(gid), home, shell] as const,
);

const lines = (rows: readonly string[]) => `${rows.join('\n')}\n`;

/** The four account files of a root, by path. Nobody can log in with them. */
export const accountFiles: Readonly<Record<string, string>> = {
  '/etc/passwd': lines(
    users.map(([name, uid, gid, home, shell]) => `${name}:x:${uid}:${gid}:${name}:${home}:${shell}`),
  ),
  '/etc/group': lines(groups.map(([name, gid]) => `${name}:x:${gid}:`)),
  '/etc/shadow': lines(users.map(([name]) => `${name}:*:20089:0:99999:7:::`)),
  '/etc/gshadow': lines(groups.map(([name]) => `${name}:*::`)),
};

function fields(table: string): string[][] {
  return splitAtBlanks(table).map((row) => row.split(':'));
}
