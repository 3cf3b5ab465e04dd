/**
 * A command that starts the command behind it as another machine would, as far as a build could tell: another host name,
 * umask, time zone, language, home, nice level, limits, one core, and signals that are ignored. Without a shell: that would
 * drop the variables with dashes that a runner sets.
 */
export const elsewhere: readonly string[] = [
  ...['unshare', '--uts', '--', 'python3', '-c'],
  `import os, resource, signal, socket, sys
socket.sethostname("elsewhere")
os.umask(0o077)
os.nice(5)
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
for limit, value in [(resource.RLIMIT_NOFILE, 1024), (resource.RLIMIT_STACK, 4 << 20)]:
    resource.setrlimit(limit, (value, resource.getrlimit(limit)[1]))
for number in (signal.SIGHUP, signal.SIGPIPE, signal.SIGUSR1):
    signal.signal(number, signal.SIG_IGN)
os.set_inheritable(os.open("/etc/passwd", os.O_RDONLY), True)
os.environ.update(TZ="Asia/Tokyo", LANG="de_DE.UTF-8", LC_ALL="C", HOME="/nonexistent", MAKEFLAGS="-j9", CFLAGS="-O0")
os.execvp(sys.argv[1], sys.argv[1:])`,
];
