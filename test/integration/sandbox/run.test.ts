import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/shared/host/folders.ts';
import { runTool } from '../../../src/shared/host/process.ts';
import { builder, enterArguments } from '../../../src/shared/sandbox/arguments.ts';
import { collectRpms } from '../../../src/shared/sandbox/collect.ts';
import { createOverlay, type Root } from '../../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../../src/shared/sandbox/run.ts';
import { elsewhere } from '../../support/elsewhere.ts';
import { testWorker } from '../../support/worker.ts';

// Commas, colons and blanks mean something in mount options.
const dir = mkdtempSync(join(tmpdir(), 'azl sandbox,a:b-'));
let root: Root;

beforeAll(async () => {
  root = { worker: (await testWorker()).worker, overlay: await createOverlay(join(dir, 'overlay')) };
});
afterAll(async () => {
  await removeTree(root.overlay);
  rmSync(dir, { recursive: true, force: true });
});

/** What a hostile program asks the kernel for, and what it answers; the folder that it starts from is its argument. */
const hostileCalls = `
import ctypes, errno, fcntl, json, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)

class Handle(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_uint), ("type", ctypes.c_int), ("data", ctypes.c_ubyte * 128)]

def answer(code):
    return "done" if code >= 0 else errno.errorcode[ctypes.get_errno()]

def attempt(what, *arguments):
    try:
        what(*arguments)
        return "done"
    except OSError as error:
        return errno.errorcode[error.errno]

folder = os.open(sys.argv[1], os.O_RDONLY)
own, second = Handle(128), Handle(8, 1)
assert libc.name_to_handle_at(folder, b"", ctypes.byref(own), ctypes.byref(ctypes.c_int()), 0x1000) == 0
second.data[:8] = struct.pack("II", 2, 0)
keyctl = {"x86_64": 250, "aarch64": 219}[os.uname().machine]
print(json.dumps({
    "the bound folder by handle": answer(libc.open_by_handle_at(folder, ctypes.byref(own), os.O_RDONLY)),
    "inode 2 of the bound folder's disk": answer(libc.open_by_handle_at(folder, ctypes.byref(second), os.O_RDONLY)),
    "the keys of our session": answer(libc.syscall(keyctl, 6, -3, 0, 0)),
    "a user namespace": answer(libc.unshare(0x10000000)),
    "typing at the terminal": answer(libc.ioctl(folder, 0x5412, b"x")),
    "a write to /proc/sys": attempt(os.open, "/proc/sys/kernel/core_pattern", os.O_WRONLY),
    "another mode for the host's /dev/null": attempt(os.chmod, "/dev/null", 0o666),
}))`;

const inside = async (script: string, as: 'root' | 'builder' = 'builder') =>
  (await runInSandbox(['sh', '-c', script], { root, as, ok: 'any' })).stdout.trim();

describe('a sandbox', () => {
  it('is entered by an ordinary user who cannot become another and owns no rights', async () => {
    expect(await inside('id -u; id -g; id -G')).toBe(`${builder.uid}\n${builder.gid}\n${builder.gid}`);
    expect(await inside('grep -E "^Cap(Eff|Prm|Bnd)" /proc/self/status | cut -f2 | sort -u')).toBe(
      '0000000000000000',
    );
    expect(await inside('touch /usr/bin/x 2>/dev/null || echo refused')).toBe('refused');
  });

  it('gives its root no rights over the host: no devices, no mounts, no modules, no other processes', async () => {
    expect(await inside('mknod /x b 8 0 2>/dev/null || echo refused', 'root')).toBe('refused');
    expect(await inside('mount -t tmpfs x /mnt 2>/dev/null || echo refused', 'root')).toBe('refused');
    expect(Number(await inside('ls -d /proc/[0-9]* | wc -l', 'root'))).toBeLessThan(8);
    expect(await inside('ls /sys/kernel 2>/dev/null | wc -l', 'root')).toBe('0');
  });

  it('has namespaces of its own, and shares the user namespace alone', async () => {
    const kinds = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts'];
    const look = `for kind in ${kinds.join(' ')}; do readlink /proc/self/ns/$kind; done`;
    const [own, host] = [
      (await inside(look, 'root')).split('\n'),
      (await runTool(['sh', '-c', look], { root: true })).stdout.trim().split('\n'),
    ];
    expect(own.length).toBe(kinds.length);
    expect(kinds.filter((_, index) => own[index] === host[index])).toEqual(['user']);
  });

  it.each(['root', 'builder'] as const)('gives its %s no way around names and namespaces', async (as) => {
    const shown = mkdtempSync(join(dir, 'shown-'));
    chmodSync(shown, 0o755);
    const { stdout } = await runInSandbox(['/usr/bin/python3', '-c', hostileCalls, '/in'], {
      root,
      as,
      binds: [{ source: shown, target: '/in' }],
    });
    expect(JSON.parse(stdout)).toEqual({
      'the bound folder by handle': 'EPERM',
      "inode 2 of the bound folder's disk": 'EPERM',
      'the keys of our session': 'EPERM',
      'a user namespace': 'EPERM',
      'typing at the terminal': 'EPERM',
      'a write to /proc/sys': as === 'root' ? 'EROFS' : 'EACCES',
      "another mode for the host's /dev/null": 'EROFS',
    });
  });

  it('keeps from its root what it does not need, whatever a file says that it may', async () => {
    const rights = 'grep -E "^(Cap(Eff|Prm)|NoNewPrivs)" /proc/self/status | cut -f2';
    expect(await inside(rights, 'root')).toBe('00000000800401fb\n00000000800401fb\n1');
    const file = `cp /usr/bin/grep /usr/bin/capable; python3 -c '
import os, struct
os.setxattr("/usr/bin/capable", "security.capability", struct.pack("<IIIII", 0x02000001, 0xffffffff, 0, 0xffffffff, 0))'
/usr/bin/capable ^CapEff /proc/self/status | cut -f2`;
    expect(await inside(file, 'root')).toBe('00000000800401fb');
  });

  it('inherits no limit, umask, ignored signal, open file or place among control groups', async () => {
    const look = [
      ...['cat /proc/self/limits /proc/self/cgroup', 'umask', 'grep ^Sig[BI] /proc/self/status'],
      ...['ls /proc/self/fd', 'hostname || cat /proc/sys/kernel/hostname', 'env'],
    ].join('; ');
    const options = { root, env: {} };
    const [here, there] = [
      await runTool(enterArguments(['sh', '-c', look], options), { root: true }),
      await runTool([...elsewhere, ...enterArguments(['sh', '-c', look], options)], { root: true }),
    ];
    expect(there.stdout).toBe(here.stdout);
    expect(here.stdout).toMatch(/^Max open files +16384 +16384/m);
    expect(here.stdout).toMatch(/^SigIgn:\t0+$/m);
    expect(here.stdout).toMatch(/^0\n1\n2\n3\n/m);
    expect(here.stdout).toMatch(/^\d+:[^:]*:\/$/m);
    expect(here.stdout).not.toMatch(/^\d+:[^:]*:\/.+$/m);
  });

  it('has no network but a loopback of its own, a fixed host name, and nothing of our environment', async () => {
    expect(await inside("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '")).toBe('lo');
    expect(await inside('hostname || cat /proc/sys/kernel/hostname')).toBe('localhost');
    process.env['ACTIONS_RUNTIME_TOKEN'] = 'secret';
    expect(await inside('env')).not.toContain('ACTIONS_RUNTIME_TOKEN');
    expect((await inside('env | cut -d= -f1 | sort')).split('\n')).toEqual(
      ['HOME', 'LANG', 'PATH', 'PWD', 'SHELL', 'TERM', 'TZ', 'USER']
        .concat((await inside('env')).includes('SHLVL=') ? ['SHLVL', '_'] : [])
        .sort(),
    );
  });

  it('keeps every change in its overlay: the worker stays as it was, other overlays see nothing', async () => {
    await inside('echo changed > /etc/azl-changed; rm /etc/passwd', 'root');
    expect(readFileSync(join(root.overlay, 'upper/etc/azl-changed'), 'utf8')).toBe('changed\n');
    expect(existsSync(join(root.worker, 'etc/azl-changed'))).toBe(false);
    expect(existsSync(join(root.worker, 'etc/passwd'))).toBe(true);
    const other = { worker: root.worker, overlay: await createOverlay(join(dir, 'other')) };
    const { stdout } = await runInSandbox(['ls', '/etc/passwd'], { root: other });
    expect(stdout).toBe('/etc/passwd\n');
    await removeTree(other.overlay);
  });

  it('shows a bound folder read-only unless it says otherwise', async () => {
    const shown = mkdtempSync(join(dir, 'shown-'));
    writeFileSync(join(shown, 'file'), 'text');
    const look = ['sh', '-c', 'cat /in/file; echo > /in/new 2>/dev/null || echo " refused"'];
    const { stdout } = await runInSandbox(look, {
      root,
      as: 'root',
      binds: [{ source: shown, target: '/in' }],
    });
    expect(stdout).toBe('text refused\n');
    await runInSandbox(look, { root, as: 'root', binds: [{ source: shown, target: '/in', writable: true }] });
    expect(existsSync(join(shown, 'new'))).toBe(true);
  });

  it('keeps what is written in it from other users of the host, and from the mask of its caller', async () => {
    const before = process.umask(0o077);
    try {
      const other = { worker: root.worker, overlay: await createOverlay(join(dir, 'masked')) };
      const script =
        'cp /bin/sh /usr/bin/mine; chmod 4755 /usr/bin/mine; mkdir /opt/new; stat -c %a / /opt/new';
      const made = await runInSandbox(['sh', '-c', script], { root: other, as: 'root' });
      expect(made.stdout).toBe('755\n755\n');
      expect((await runInSandbox(['ls', '/opt'], { root: other })).stdout).toBe('new\n');
      expect(statSync(join(other.overlay, 'upper/usr/bin/mine')).mode & 0o7777).toBe(0o4755);
      const stranger = [
        'setpriv',
        '--reuid=65534',
        '--regid=65534',
        '--clear-groups',
        'ls',
        `${other.overlay}/upper`,
      ];
      chmodSync(dir, 0o755);
      await expect(runTool(stranger, { root: true })).rejects.toThrow('Permission denied');
    } finally {
      process.umask(before);
    }
  });

  it('leaves no mount behind', () => {
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(dir.replaceAll(' ', '\\040'));
  });

  it('follows no symbolic link out of an overlay, neither when it collects nor when it removes', async () => {
    const kept = mkdtempSync(join(dir, 'kept-'));
    writeFileSync(join(kept, 'precious-1-1.noarch.rpm'), 'text');
    const overlay = await createOverlay(join(dir, 'hostile'));
    const hostile = { worker: root.worker, overlay };
    await runInSandbox(['true'], { root: hostile });
    symlinkSync(kept, join(overlay, 'upper', 'RPMS'));
    await expect(collectRpms(hostile, ['/RPMS'], join(dir, 'out'))).rejects.toThrow(/no RPMs among its RPMs/);
    await removeTree(overlay);
    expect(existsSync(join(kept, 'precious-1-1.noarch.rpm'))).toBe(true);
  });
});
