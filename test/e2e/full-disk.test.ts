import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundleRun, runBundle } from '../support/bundle.ts';
import { littleSpace } from '../support/little-space.ts';
import { type TinyPackage, writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { leftBehind, newWorkspace, removeWorkspace, statesOf } from '../support/workspace.ts';

const sentence = 'The disk is full. Free some space';
const workspaces: string[] = [];
let toolchainDir: string;

beforeAll(async () => {
  toolchainDir = (await testWorker()).dir;
});
afterAll(async () => {
  for (const dir of workspaces) await removeWorkspace(dir);
});

/** Builds with `megabytes` for the build folder; results are kept elsewhere. Without: on the whole disk. */
async function build(dir: string, megabytes = 0): Promise<BundleRun> {
  const folder = join(dir, 'build');
  mkdirSync(folder, { recursive: true });
  const inputs = {
    'toolchain-dir': toolchainDir,
    'cache-dir': join(dir, 'cache'),
    'concurrent-package-builds': '1',
  };
  return await runBundle(
    'build-packages',
    inputs,
    dir,
    megabytes === 0 ? [] : littleSpace(folder, megabytes),
  );
}

const packageThat = (name: string, build: string, needs = ''): TinyPackage => ({
  spec: `Summary: x\nName: ${name}\nVersion: 1\nRelease: 1\nLicense: x\nBuildArch: noarch\n${needs}\n%description\nx\n%build\n${build}\n%install\nmkdir -p %{buildroot}/usr/share/${name}\nif [ -e big ]; then mv big %{buildroot}/usr/share/${name}; fi\n%files\n/usr/share/${name}\n`,
});

async function workspaceWith(hog: string): Promise<string> {
  const dir = newWorkspace();
  workspaces.push(dir);
  await writeTree(join(dir, 'SPECS'), {
    first: packageThat('first', 'true'),
    hog: packageThat('hog', hog, 'BuildRequires: first'),
    last: packageThat('last', 'true', 'BuildRequires: hog'),
  });
  return dir;
}

/** The one sentence, once, and nothing that looks like a fault of ours. */
function expectFull({ code, said }: BundleRun): void {
  expect(code, said).toBe(1);
  expect(said.split(sentence).length - 1, said).toBe(1);
  expect(said).not.toMatch(/^\s+at .*:\d+|error in azl|failed$/m);
}

/** Or the package that needed the space failed for it, because enough is free without its files. */
function expectFullOrFailed({ code, said, ...run }: BundleRun): void {
  if (said.includes(sentence)) expectFull({ code, said, ...run });
  else expect([code, said]).toEqual([1, expect.stringMatching(ownFault)]);
}

const ownFault =
  /hog: .*(?:wrote to the disk until only .* were free|it filled the disk: without its files, enough is free)/;

describe.each([
  ['a build that writes too much', 'dd if=/dev/zero of=big bs=1M count=300'],
  ['a build that says too much', 'yes | head -c 300M'],
])('%s', (_name, hog) => {
  it('fails for the disk that it filled; what was built is kept, and with space it goes on', async () => {
    const dir = await workspaceWith(hog);
    const full = await build(dir, 200);
    expect(full.code).toBe(1);
    expect(full.said).toMatch(ownFault);
    expect(statesOf(dir)).toEqual({ first: 'built', hog: 'failed', last: 'blocked' });
    expect(readdirSync(join(dir, 'cache/store/latest'))).toEqual(['first.json']);
    expect(leftBehind(dir)).toEqual([]);
    const run = await build(dir);
    expect(run.code, run.said).toBe(0);
    expect(statesOf(dir)).toEqual({ first: 'reused', hog: 'built', last: 'built' });
  });
});

describe('a run with little space', () => {
  // From none to plenty: it ends in each part of the work in turn, wherever that is.
  it.each([0.1, 1, 8, 24, 48, 64, 80, 96, 112, 160])('of %d MB builds all, or says so', async (megabytes) => {
    const dir = await workspaceWith('dd if=/dev/urandom of=big bs=1M count=24');
    const run = await build(dir, megabytes);
    if (run.code === 0) expect(Object.values(statesOf(dir))).toEqual(['built', 'built', 'built']);
    else expectFullOrFailed(run);
  });
});
