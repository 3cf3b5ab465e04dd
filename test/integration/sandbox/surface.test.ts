import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostArchitecture } from '../../../src/shared/base/architectures.ts';
import { removeTree } from '../../../src/shared/host/folders.ts';
import { runTool } from '../../../src/shared/host/process.ts';
import { enterArguments, type SandboxOptions } from '../../../src/shared/sandbox/arguments.ts';
import { runHostTool } from '../../../src/shared/sandbox/host-tool.ts';
import { tmpfsBytes } from '../../../src/shared/sandbox/limits.ts';
import { createOverlay, type Root } from '../../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../../src/shared/sandbox/run.ts';
import { allowedCalls } from '../../../src/shared/sandbox/seccomp.ts';
import { testWorker } from '../../support/worker.ts';

const dir = mkdtempSync(join(tmpdir(), 'azl-surface-'));
let worker: string;
let root: Root;

beforeAll(async () => {
  worker = (await testWorker()).worker;
  root = { worker, overlay: await createOverlay(join(dir, 'overlay')) };
});
afterAll(async () => {
  await removeTree(dir);
});

const python = async (program: string, options: Partial<SandboxOptions> = {}) => {
  const argv = ['/usr/bin/python3', '-c', program];
  return (await runInSandbox(argv, { root, ...options })).stdout.trim();
};

/** Calls every system call without arguments that mean anything, in a child each; prints the numbers that are refused. */
const askAll = `
import ctypes, json, os, sys
libc = ctypes.CDLL(None, use_errno=True)
refused = []
for number in json.loads(sys.argv[1]):
    pid = os.fork()
    if pid == 0:
        for one in range(3):
            os.close(one)
        bad = ctypes.c_long(-1)
        ctypes.set_errno(0)
        libc.syscall(number, bad, bad, bad, bad, bad, bad)
        os._exit(ctypes.get_errno() & 127)
    _, status = os.waitpid(pid, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) in (1, 38):
        refused.append(number)
print(json.dumps(refused))`;

describe('what a sandbox may ask the kernel for', () => {
  it('opens sockets of four families alone', async () => {
    const families = `
import errno, socket
for family in range(64):
    for kind in (1, 2, 3, 5):
        try:
            socket.socket(family, kind, 0).close()
            print(family)
        except OSError as error:
            if error.errno != errno.EAFNOSUPPORT and family not in (1, 2, 10, 16):
                print(family, errno.errorcode[error.errno])`;
    for (const as of ['root', 'builder'] as const)
      expect([...new Set((await python(families, { as })).split('\n'))]).toEqual(['1', '2', '10', '16']);
  });

  it('is refused every system call that the table does not list', async () => {
    const allowed = new Set(allowedCalls(hostArchitecture.node).values());
    // uretprobe and uprobe on x86_64: the kernel lets them pass by every filter, for its own probes alone.
    const kernelsOwn = hostArchitecture.node === 'x64' ? [335, 336] : [];
    for (const number of kernelsOwn) allowed.add(number);
    const unlisted = Array.from({ length: 520 }, (_, number) => number).filter((one) => !allowed.has(one));
    const argv = ['/usr/bin/python3', '-c', askAll, JSON.stringify(unlisted)];
    const { stdout } = await runInSandbox(argv, { root, as: 'root' });
    expect(JSON.parse(stdout)).toEqual(unlisted);
  });

  it('has semaphores and shared memory, in a folder that is bounded', async () => {
    const semaphore = `
import multiprocessing, os
from multiprocessing import shared_memory
multiprocessing.Lock()
one = shared_memory.SharedMemory(create=True, size=1 << 20)
one.close()
one.unlink()
found = os.statvfs("/dev/shm")
print(oct(os.stat("/dev/shm").st_mode), found.f_frsize * found.f_blocks)`;
    for (const as of ['root', 'builder'] as const)
      expect(await python(semaphore, { as })).toBe(`0o41777 ${tmpfsBytes}`);
  });

  it('can fill no memory: every folder in memory is bounded or read-only', async () => {
    const places = `
import os
for line in open("/proc/mounts"):
    _, place, kind, options, *_ = line.split()
    if kind in ("tmpfs", "devtmpfs") and "rw" in options.split(",") and os.path.isdir(place):
        print(place, os.statvfs(place).f_frsize * os.statvfs(place).f_blocks)`;
    expect((await python(places, { as: 'root', tmpfs: ['/mnt'] })).split('\n').sort()).toEqual(
      ['/dev/shm', '/mnt', '/run'].map((place) => `${place} ${tmpfsBytes}`),
    );
  });

  it('resolves its own host name', async () => {
    const resolve = 'import socket; print(socket.gethostbyname(socket.gethostname()))';
    expect(await python(resolve)).toBe('127.0.0.1');
  });

  it('shows no path of the host in a command line', async () => {
    const lines = await runInSandbox(['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "'], {
      root,
      as: 'root',
    });
    expect(lines.stdout).toContain('bwrap');
    expect(lines.stdout).not.toContain(dir);
  });

  it('inherits no descriptor, whoever opens up to 255 of them', async () => {
    const open = `
import os, sys
for number in range(3, 256):
    os.dup2(os.open("/", os.O_RDONLY), number, inheritable=True)
os.execvp(sys.argv[1], sys.argv[1:])`;
    for (const argv of [
      enterArguments(['sh', '-c', 'echo /proc/self/fd/*'], { root }),
      enterArguments(['sh', '-c', 'echo /proc/self/fd/*'], { root, as: 'root' }),
    ]) {
      const { stdout } = await runTool(['python3', '-c', open, ...argv], { root: true });
      expect(stdout.trim().replaceAll('/proc/self/fd/', '')).toMatch(/^0 1 2( \d+)?$/);
    }
  });
});

describe('a root in which a place to mount on is a link', () => {
  const hostile = (place: string, target: string) =>
    `rm -rf "$0${place}"; mkdir -p "$(dirname "$0${place}")"; ln -s "${target}" "$0${place}"`;

  it.each([
    ['/run', '/oldroot/DIR/run'],
    ['/run', '../oldroot/DIR/run'],
    ['/dev', '/oldroot/DIR/dev'],
    ['/proc', '/oldroot/DIR/proc'],
    ['/etc/rpm', '/oldroot/DIR/rpm'],
    ['/azl', '/oldroot/DIR/azl'],
    ['/azl/in', '/oldroot/DIR/in'],
    ['/work', '/oldroot/DIR/memory'],
  ])('is refused by name: %s → %s', async (place, target) => {
    const planted = mkdtempSync(join(dir, 'planted-'));
    const overlay = await createOverlay(mkdtempSync(join(dir, 'hostile-')));
    const shown = mkdtempSync(join(dir, 'shown-'));
    writeFileSync(join(shown, 'macros'), 'text');
    const script = hostile(place, target.replace('DIR', planted.slice(1)));
    await runTool(['sh', '-c', script, join(overlay, 'upper')]);
    const binds = [
      { source: shown, target: '/azl/in' },
      { source: join(shown, 'macros'), target: '/etc/rpm/macros.mine' },
    ];
    const run = runInSandbox(['true'], { root: { worker, overlay }, as: 'root', binds, tmpfs: ['/work'] });
    await expect(run).rejects.toThrow(/is mounted on in a sandbox, and is or lies below a link here/);
    expect(readdirSync(planted)).toEqual([]);
  });

  it('is refused, too, in a folder that becomes / itself, and below what is bound', async () => {
    const tree = mkdtempSync(join(dir, 'tree-'));
    await runTool(['sh', '-c', hostile('/run', '/oldroot/tmp/x'), tree]);
    await expect(runInSandbox(['true'], { root: { tree }, as: 'root' })).rejects.toThrow(
      /^.*run is mounted on/m,
    );
    const bound = { root, as: 'root' as const, binds: [{ source: tree, target: '/root2', writable: true }] };
    await expect(runInSandbox(['true'], { ...bound, inner: ['/root2'] })).rejects.toThrow(
      /run is mounted on/,
    );
  });
});

describe('a tool of the host', () => {
  it('sees the host’s programs, read-only, what is bound, and nothing else', async () => {
    const [shown, written] = [mkdtempSync(join(dir, 'shown-')), mkdtempSync(join(dir, 'written-'))];
    chmodSync(shown, 0o755);
    mkdirSync(join(shown, 'folder'));
    const script =
      'ls -A /; touch /usr/x /in/x 2>/dev/null && echo wrote; mke2fs -V >/dev/null 2>&1 && echo there; echo > /out/file';
    const { stdout } = await runHostTool(['sh', '-c', script], {
      as: 'root',
      binds: [
        { source: shown, target: '/in' },
        { source: written, target: '/out', writable: true },
      ],
    });
    const names = stdout.split('\n').filter((name) => !/^(bin|sbin|lib\w*)$/.test(name));
    expect(names).toEqual(['dev', 'etc', 'in', 'out', 'proc', 'run', 'tmp', 'usr', 'there', '']);
    expect(existsSync(join(written, 'file'))).toBe(true);
    rmSync(written, { recursive: true });
  });

  it('is an ordinary user unless it must be root, without network', async () => {
    const { stdout } = await runHostTool(['sh', '-c', 'id -u; grep -c : /proc/net/dev'], {});
    expect(stdout).toMatch(/^[1-9]\d+\n1\n$/);
  });
});
