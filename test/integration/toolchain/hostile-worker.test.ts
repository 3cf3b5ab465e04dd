import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import type { Toolchain } from '../../../src/shared/model/toolchain.ts';
import { directoryExchange } from '../../../src/shared/shards/transport/directory-exchange.ts';
import { fetchToolchain, shareToolchain } from '../../../src/shared/shards/transport/shared-toolchain.ts';
import { checkWorker } from '../../../src/shared/toolchain/check-worker.ts';
import { type ConvertedRpm, convertAll } from '../../../src/shared/toolchain/convert/convert.ts';
import { workerDigest } from '../../../src/shared/toolchain/worker.ts';
import { type TestWorker, testWorker } from '../../support/worker.ts';
import { leftBehind, newWorkspace, removeWorkspace } from '../../support/workspace.ts';

const top = newWorkspace();
const canary = join(top, 'canary');
let real: TestWorker;

beforeAll(async () => {
  real = await testWorker();
  writeFileSync(canary, 'safe');
  chmodSync(canary, 0o600);
});
afterAll(async () => {
  expect(readFileSync(canary, 'utf8')).toBe('safe');
  await removeWorkspace(top);
});

/** Makes an RPM whose `%post` is `script`, and shares the real toolchain with it in the worker. */
async function share(name: string, script: string): Promise<void> {
  const options = { cacheDir: join(top, `made-${name}`), debsDir: top, arch: 'x86_64', jobs: 1 };
  const text = { type: 'file' as const, path: `/usr/share/${name}`, text: 'x' };
  const standIn = {
    ...{ name, epoch: 0, version: '1', release: '1', noarch: true, summary: name, debs: [], entries: [text] },
    ...{ provides: [], requires: ['coreutils', 'bash', 'python3'], ignoredRequires: [] },
    scripts: `%post\n${script}`,
  };
  const [{ rpm, path }] = (await convertAll([standIn], { ...options, log: recordingLog() })) as [
    ConvertedRpm,
  ];
  const dir = join(top, name);
  mkdirSync(dir);
  execFileSync('cp', ['-al', join(real.dir, 'RPMS'), dir]);
  execFileSync('cp', [path, join(dir, 'RPMS', rpm.file)]);
  const worker = [...real.toolchain.worker, rpm.file].sort();
  const rpms = [...real.toolchain.rpms, rpm];
  const digest = workerDigest(rpms.filter(({ file }) => worker.includes(file)));
  const toolchain: Toolchain = { ...real.toolchain, rpms, worker, workerDigest: digest };
  writeFileSync(join(dir, 'toolchain.json'), JSON.stringify(toolchain));
  await shareToolchain(
    dir,
    toolchain,
    `azl-${name}`,
    directoryExchange(join(top, 'exchange')),
    join(top, 'temp'),
  );
}

const fetched = (name: string) =>
  fetchToolchain(
    `azl-${name}`,
    join(top, 'got', name),
    directoryExchange(join(top, 'exchange')),
    join(top, 'temp'),
  );

describe('a scriptlet in a packed toolchain', () => {
  it('reaches nothing of the host, and its tricks are found in the worker', async () => {
    const script = `
      exec 2>/dev/null
      for at in / /proc/1/root /proc/self/root /proc/\${PPID}/root; do echo hurt >"$at${canary}"; done
      python3 - <<'END'
import ctypes, os
def attempt(work):
    try:
        return work()
    except Exception:
        pass
# The root in which the host's rpm runs, by the oldest way out of a chroot.
def out():
    os.mkdir("/var/tmp/out")
    os.chroot("/var/tmp/out")
    for _ in range(50):
        os.chdir("..")
    os.chroot(".")
    os.mkfifo("/azl/worker/usr/share/out")
    if os.path.exists("${top}") or os.path.exists("/etc/passwd"):
        os.mkfifo("/azl/worker/usr/share/host")
    attempt(lambda: open("${canary}", "w").write("hurt"))
    attempt(lambda: open("/usr/bin/hurt", "w"))
    attempt(lambda: open("/azl/RPMS/hurt", "w"))
if os.fork() == 0:
    attempt(out)
    os._exit(0)
os.wait()
attempt(lambda: os.mknod("/usr/share/disk", 0o60666, os.makedev(8, 0)))
attempt(lambda: ctypes.CDLL(None).mount(b"none", b"/mnt", b"tmpfs", 0, None))
END
      mknod /usr/share/pipe p
      cp /bin/sh /usr/bin/become-root
      chmod 4755 /usr/bin/become-root
      chmod 6755 /usr/bin/su
      python3 -c 'import os, struct; os.setxattr("/usr/bin/cp", "security.capability", struct.pack("<5I", 0x02000001, 8, 0, 0, 0))'
      :`;
    await share('escaping', script);
    const failed = await fetched('escaping').then(
      () => '',
      (error: Error) => error.message,
    );
    expect(failed).toContain('its worker is not what its RPMs state');
    // The way out of rpm's root leads into its sandbox.
    for (const path of ['/usr/share/pipe', '/usr/share/out'])
      expect(failed).toContain(`${path} is a device, a pipe or a socket`);
    expect(failed).not.toContain('/usr/share/host');
    for (const path of ['/usr/bin/become-root', '/usr/bin/su', '/usr/bin/cp'])
      expect(failed).toContain(`${path} has set-id bits or capabilities that no RPM states`);
    expect(failed).not.toContain('/usr/share/disk');
    expect(existsSync(join(top, 'got/escaping'))).toBe(false);
    expect(existsSync('/usr/bin/hurt')).toBe(false);
    expect(leftBehind(top)).toEqual([]);
  });

  it('that fails, or leaves a tree that cannot be entered, is an error', async () => {
    await share('failing', 'rm -rf /bin /usr/bin/sh /usr/bin/bash /usr/bin/dash');
    await expect(fetched('failing')).rejects.toThrow(/its worker cannot be installed/);
    await share('linking', 'rmdir /proc; ln -s / /proc');
    await expect(fetched('linking')).rejects.toThrow(
      /cannot be used: its worker cannot be installed:.*link/s,
    );
    expect(leftBehind(top)).toEqual([]);
  });
});

describe("a worker's check", () => {
  it('compares its database with the RPMs', async () => {
    const { rpms, worker } = real.toolchain;
    const [first, spare] = [true, false].map((isIn) =>
      rpms.find(({ file }) => worker.includes(file) === isIn),
    );
    if (first === undefined || spare === undefined) throw new Error('the toolchain is too small');
    await checkWorker(real.dir, worker);
    const others = worker.filter((file) => file !== first.file);
    await expect(checkWorker(real.dir, others)).rejects.toThrow(`holds ${first.name}-`);
    await expect(checkWorker(real.dir, [...worker, spare.file])).rejects.toThrow(`lacks ${spare.name}-`);
  });
});
