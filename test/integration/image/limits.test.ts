import { cp, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { formatProblem, ProblemsError } from '../../../src/shared/base/problems.ts';
import { removeTree } from '../../../src/shared/host/folders.ts';
import { composeImage } from '../../../src/shared/image/compose-image.ts';
import { createOverlay } from '../../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../../src/shared/sandbox/run.ts';
import { smallConfig, smallPackages } from '../../support/small-image.ts';
import { specText, writeTree } from '../../support/trees.ts';
import { testWorker } from '../../support/worker.ts';

/** The real limits of what an image runs, so small that they are reached soon. */
vi.mock('../../../src/shared/sandbox/limits.ts', async (original) => {
  const real = await original<typeof import('../../../src/shared/sandbox/limits.ts')>();
  const small = {
    seconds: 15,
    memory: 300 * 1024 ** 2,
    processes: 200,
    disk: 300 * 1024 ** 2,
    log: 1024 ** 2,
  };
  return {
    ...real,
    limitsOf: (step: Parameters<typeof real.limitsOf>[0]) => {
      const limits = real.limitsOf(step);
      if (step === 'image script') return { ...limits, ...small };
      return step === 'image transaction' ? { ...limits, seconds: 60 } : limits;
    },
  };
});

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'azl-image-limits-test-'));
  const { worker } = await testWorker();
  const hangs = specText('hangs', 'BuildArch: noarch\nRequires: bash', '%post\nsleep infinity\n%files\n');
  await writeTree(join(dir, 'specs'), { 'hangs.spec': hangs });
  const overlay = await createOverlay(join(dir, 'make'));
  await runInSandbox(['rpmbuild', '-bb', '--define', '_topdir /tmp/made', '/azl-specs/hangs.spec'], {
    root: { worker, overlay },
    binds: [{ source: join(dir, 'specs'), target: '/azl-specs' }],
  });
  await cp(join(overlay, 'upper/tmp/made/RPMS/noarch'), join(dir, 'rpms'), { recursive: true });
  await removeTree(join(dir, 'make'));
});
afterAll(async () => await removeTree(dir));

/** Makes an image, and returns the problems that it has. */
async function problemsOf(name: string, script: string, more: Readonly<Record<string, unknown>> = {}) {
  const place = join(dir, name);
  await mkdir(place);
  await writeTree(place, {
    'c.json': smallConfig({ PostInstallScripts: [{ Path: 'script.sh' }], ...more }),
    'script.sh': `${script}\n`,
  });
  const { dir: toolchainDir, toolchain } = await testWorker();
  const made = composeImage({
    configFile: join(place, 'c.json'),
    ...{ toolchain, toolchainDir, bootTest: false, log: recordingLog(), rpmsDir: join(dir, 'rpms') },
    ...{ outDir: join(place, 'out'), buildDir: join(place, 'build'), cacheDir: join(place, 'cache') },
  });
  return await made.then(
    () => [],
    (error: unknown) => {
      expect(error).toBeInstanceOf(ProblemsError);
      return (error as ProblemsError).problems.map(formatProblem);
    },
  );
}

it.each([
  ['hang', 'sleep infinity & sleep infinity', 'did not end within 15 seconds'],
  ['memory', 'tail /dev/zero', 'used more than 300 MiB of memory'],
  ['fork', 'for i in $(seq 400); do sleep 60 & done; wait', 'ran more than 200 processes at once'],
  ['disk', 'dd if=/dev/zero of=/var/big bs=1M count=1000; sleep 60', 'wrote more than 300 MiB to the disk'],
])('a script of an image that reaches a limit is ended, and the image says so: %s', async (name, script, end) => {
  const [said, ...others] = await problemsOf(name, script);
  expect(said).toMatch(new RegExp(`PostInstallScripts\\[0\\]: script 'script\\.sh' ${end}`));
  expect(others).toEqual([]);
});

it('a scriptlet that hangs in an image is ended, and the image names it', async () => {
  const problems = await problemsOf('hangs', 'true', { Packages: [...smallPackages, 'hangs'] });
  expect(problems).toEqual([expect.stringMatching(/the %post of hangs did not end within 60 seconds$/)]);
});
