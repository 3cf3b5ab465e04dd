import { readFileSync, statfsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuildJson } from '../../src/shared/report/build-json.ts';
import { heldBounds } from '../../src/shared/sandbox/control-group.ts';
import { type BundleRun, startBundle } from '../support/bundle.ts';
import { littleSpace } from '../support/little-space.ts';
import { building, type TinyPackage, writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { leftBehind, newWorkspace, removeWorkspace } from '../support/workspace.ts';

const workspaces: string[] = [];
let toolchainDir: string;

beforeAll(async () => {
  toolchainDir = (await testWorker()).dir;
});
afterAll(async () => {
  for (const dir of workspaces) await removeWorkspace(dir);
});

const mebibyte = 1024 ** 2;

/** Builds a tree, and looks at the bundle and at the free space of its build folder meanwhile. */
async function build(packages: Record<string, TinyPackage>, limits: string, megabytes = 0) {
  const dir = newWorkspace();
  workspaces.push(dir);
  await writeTree(join(dir, 'SPECS'), packages);
  await mkdir(join(dir, 'build'), { recursive: true });
  const inputs = {
    'toolchain-dir': toolchainDir,
    'cache-dir': join(dir, 'cache'),
    'package-limits': limits,
    'concurrent-package-builds': '2',
  };
  const starter = megabytes === 0 ? [] : littleSpace(join(dir, 'build'), megabytes);
  const { child, ended } = startBundle('build-packages', inputs, dir, starter);
  let [memory, tasks, free] = [0, 0, Number.POSITIVE_INFINITY];
  const timer = setInterval(() => {
    memory = Math.max(memory, peakMemory(child.pid as number));
    tasks = Math.max(tasks, tasksNow());
    free = Math.min(free, freeSpace(`/proc/${child.pid}/root${join(dir, 'build')}`));
  }, 10);
  const run = await ended;
  clearInterval(timer);
  return { ...run, dir, memory, tasks, free, reasons: reasonsOf(dir, run) };
}

function peakMemory(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** The processes and threads of this machine. */
function tasksNow(): number {
  return Number(/\/(\d+) /.exec(readFileSync('/proc/loadavg', 'utf8'))?.[1]);
}

/** Where the kernel holds them, no bomb can take a part of the machine's processes that others would miss. */
async function expectFewTasks(tasks: number): Promise<void> {
  const { groups, reason } = await heldBounds();
  if (groups === undefined)
    console.warn(`No control group holds processes here, so a bomb may start many: ${reason}`);
  else expect(tasks).toBeLessThan(6000);
}

function freeSpace(dir: string): number {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** State and reason of each package. */
function reasonsOf(dir: string, { said }: BundleRun): Record<string, string> {
  try {
    const { packages } = JSON.parse(readFileSync(join(dir, 'out/build.json'), 'utf8')) as BuildJson;
    return Object.fromEntries(packages.map((one) => [one.name, `${one.state}: ${one.reason}`]));
  } catch {
    throw new Error(said);
  }
}

/** Programs that use as much as they can get, in the shell's words. */
const bombs = {
  fork: 'bomb() { bomb | bomb & }; bomb; sleep 600',
  memory: `python3 -c 'a = []
while True: a.append(bytearray(1 << 20))'`,
  tmpfs: 'dd if=/dev/zero of=/dev/shm/big bs=1M',
  disk: 'mkdir -p d; i=0; while dd if=/dev/zero of=d/$i bs=1M count=64; do i=$((i + 1)); done',
  log: 'yes',
  hang: 'sleep 600',
};

/** The limits of a package that holds a bomb: small, so that it is reached soon. */
const small = 'processes=300 memory=300M disk=500M log=50M';

/** What the reason of each says. */
const ends = {
  fork: 'ran more than 300 processes at once',
  memory: 'used more than 300 MiB of memory',
  disk: 'wrote more than 500 MiB to the disk',
  log: 'wrote more than 50 MiB to its log',
  hang: 'did not end within 20 seconds',
};

/** A package whose scriptlet runs `script` in the root of whoever needs it. */
function withScriptlet(name: string, script: string): Record<string, TinyPackage> {
  const plain = building(name, 'true')[name] as TinyPackage;
  return {
    [name]: { spec: plain.spec.replace('%build\n', `%post\n${script}\n%build\n`) },
    ...building(`needs-${name}`, 'true', `BuildRequires: ${name}`),
  };
}

const good = () => Object.assign({}, ...['a', 'b', 'c'].map((name) => building(`good-${name}`, 'true')));

describe('a package that uses as much as it can get', () => {
  it('fails alone, with the limit as its reason, whatever it uses; the others are built', async () => {
    const packages = {
      ...good(),
      ...Object.assign({}, ...Object.entries(bombs).map(([name, bomb]) => building(`x-${name}`, bomb))),
      'x-prep': {
        spec: (building('x-prep', 'true')['x-prep'] as TinyPackage).spec.replace(
          '%build',
          '%prep\nsleep 600\n%build',
        ),
      },
    };
    const limits = [...Object.keys(bombs), 'prep'].map(
      (name) => `x-${name}: ${small}${/hang|prep/.test(name) ? ' seconds=20' : ''}`,
    );
    const run = await build(packages, limits.join('\n'));
    const failed = Object.entries(ends).map(([name, end]) => [`x-${name}`, `failed: %build ${end}`]);
    expect(run.reasons, run.said).toEqual({
      ...Object.fromEntries(Object.keys(good()).map((name) => [name, expect.stringMatching(/^built: /)])),
      ...Object.fromEntries(failed),
      'x-prep': `failed: %prep ${ends.hang}`,
      'x-tmpfs': 'failed: %build failed',
    });
    await expectFewTasks(run.tasks);
    expect(run.said).toContain('/dev/shm/big');
    expect(run.said).toContain('No space left on device');
    expect(run.memory).toBeLessThan(500 * mebibyte);
    expect(leftBehind(run.dir)).toEqual([]);
  });

  it('does so in a scriptlet, as root of the root: whoever needs it fails, and the scriptlet is named', async () => {
    const scripts = { ...bombs, disk: bombs.disk.replaceAll('d/', '/var/d/').replace('-p d', '-p /var/d') };
    const { tmpfs: _tmpfs, ...hard } = scripts;
    const packages = {
      ...good(),
      ...Object.assign({}, ...Object.entries(hard).map(([name, bomb]) => withScriptlet(`x-${name}`, bomb))),
    };
    // A busy machine takes longer than that to fill a limit: only what would never reach one has a time.
    const limits = Object.keys(hard).map(
      (name) => `needs-x-${name}: ${small}${/hang|log/.test(name) ? ' seconds=20' : ''}`,
    );
    const run = await build(packages, limits.join(';'));
    // What a scriptlet says goes to a file in the sandbox's memory.
    const expected = { ...ends, log: '(?:used more than 300 MiB of memory|did not end within 20 seconds)' };
    expect(run.reasons, run.said).toEqual({
      ...Object.fromEntries(
        [...Object.keys(good()), ...Object.keys(hard).map((name) => `x-${name}`)].map((name) => [
          name,
          expect.stringMatching(/^built: /),
        ]),
      ),
      ...Object.fromEntries(
        Object.keys(hard).map((name) => [
          `needs-x-${name}`,
          expect.stringMatching(`^failed: the %post of x-${name} ${expected[name as keyof typeof ends]}$`),
        ]),
      ),
    });
    await expectFewTasks(run.tasks);
    expect(run.said).toMatch(
      /✗ needs-x-hang: .*\n {4}hint: The input package-limits raises the limits of one package\./,
    );
    expect(run.memory).toBeLessThan(500 * mebibyte);
    expect(leftBehind(run.dir)).toEqual([]);
  });

  it('is ended before the disk is full; a build beside it goes on', async () => {
    const slow =
      'i=0; while [ $i -lt 80 ]; do dd if=/dev/zero of=s$i bs=1M count=1; sleep 0.1; i=$((i + 1)); done';
    const run = await build({ ...building('bomb', bombs.disk), ...building('slow', slow) }, '', 4000);
    expect(run.reasons, run.said).toEqual({
      bomb: expect.stringMatching(/^failed: %build wrote to the disk until only .* of it were free$/),
      slow: expect.stringMatching(/^built: /),
    });
    // An eighth of a small disk, a GiB of a larger one.
    expect(run.free).toBeGreaterThan(400 * mebibyte);
    expect(run.memory).toBeLessThan(500 * mebibyte);
  });
});
