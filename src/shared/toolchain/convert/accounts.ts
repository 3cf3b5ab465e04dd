/** The system accounts that own files of Debian's packages, with Debian's numbers. */

/** Groups: name, number. */
export const groups: readonly (readonly [string, number])[] = `
  root:0 daemon:1 bin:2 sys:3 adm:4 tty:5 disk:6 lp:7 mail:8 news:9 uucp:10 man:12 proxy:13 kmem:15
  dialout:20 fax:21 voice:22 cdrom:24 floppy:25 tape:26 sudo:27 audio:29 dip:30 www-data:33 backup:34
  operator:37 list:38 irc:39 src:40 shadow:42 utmp:43 video:44 sasl:45 plugdev:46 staff:50 games:60
  messagebus:81 users:100 input:104 sgx:105 kvm:106 render:107 nogroup:65534
`
  .trim()
  .split(/\s+/)
  .map((group) => {
    const [name, gid] = group.split(':') as [string, string];
    return [name, Number(gid)];
  });

/** Users: name, number, number of the group, home, shell. */
export const users: readonly (readonly [string, number, number, string, string])[] = [
  ['root', 0, 0, '/root', '/bin/bash'],
  ['daemon', 1, 1, '/usr/sbin', '/usr/sbin/nologin'],
  ['bin', 2, 2, '/bin', '/usr/sbin/nologin'],
  ['sys', 3, 3, '/dev', '/usr/sbin/nologin'],
  ['sync', 4, 65534, '/bin', '/bin/sync'],
  ['games', 5, 60, '/usr/games', '/usr/sbin/nologin'],
  ['man', 6, 12, '/var/cache/man', '/usr/sbin/nologin'],
  ['lp', 7, 7, '/var/spool/lpd', '/usr/sbin/nologin'],
  ['mail', 8, 8, '/var/mail', '/usr/sbin/nologin'],
  ['news', 9, 9, '/var/spool/news', '/usr/sbin/nologin'],
  ['uucp', 10, 10, '/var/spool/uucp', '/usr/sbin/nologin'],
  ['proxy', 13, 13, '/bin', '/usr/sbin/nologin'],
  ['www-data', 33, 33, '/var/www', '/usr/sbin/nologin'],
  ['backup', 34, 34, '/var/backups', '/usr/sbin/nologin'],
  ['list', 38, 38, '/var/list', '/usr/sbin/nologin'],
  ['irc', 39, 39, '/run/ircd', '/usr/sbin/nologin'],
  ['_apt', 42, 65534, '/nonexistent', '/usr/sbin/nologin'],
  ['messagebus', 81, 81, '/nonexistent', '/usr/sbin/nologin'],
  ['nobody', 65534, 65534, '/nonexistent', '/usr/sbin/nologin'],
];

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
