import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runTool } from '../../src/shared/host/process.ts';
import { runBundle } from '../support/bundle.ts';
import { compareWithInventory, inventory } from '../support/host-paths.ts';
import { smallConfig } from '../support/small-image.ts';
import { building, type TinyPackage, writeTree } from '../support/tiny-distro.ts';
import { type HostUse, hostUses, traced } from '../support/trace.ts';
import { type TestWorker, testWorker } from '../support/worker.ts';
import { newWorkspace, removeWorkspace } from '../support/workspace.ts';

/** Takes the place of a program that opens ten thousand files, which each would be traced. */
const dracut: TinyPackage = {
  spec: `Summary: Makes an initramfs in no time\nName: dracut\nVersion: 1\nRelease: 1\nLicense: MIT\nBuildArch: noarch
%description\nx\n%install\nmkdir -p %{buildroot}%{_bindir}
printf '#!/bin/sh\\nfor last; do true; done; echo initramfs > "$last"\\n' > %{buildroot}%{_bindir}/dracut
chmod 755 %{buildroot}%{_bindir}/dracut\n%files\n%{_bindir}/dracut\n`,
};

const dir = newWorkspace();
let made: TestWorker;

beforeAll(async () => {
  made = await testWorker();
  const needs = building('needs', 'echo y', 'BuildRequires: good');
  await writeTree(join(dir, 'SPECS'), {
    ...{ dracut, ...building('good', 'echo x'), ...needs, ...building('fails', 'exit 1') },
  });
  mkdirSync(join(dir, 'imageconfigs'));
  writeFileSync(join(dir, 'imageconfigs/tiny.json'), smallConfig());
});
afterAll(async () => await removeWorkspace(dir));

/** Runs an action, and returns the paths that it used outside of sandboxes, relative to its folders. */
async function usesOf(action: string, code: number, inputs: Readonly<Record<string, string>>) {
  const file = join(dir, 'trace');
  const run = await runBundle(action, { 'toolchain-dir': made.dir, ...inputs }, dir, traced(file));
  expect(run.code, run.said).toBe(code);
  return hostUses(file, dir).flatMap((use): HostUse[] => {
    const inFolder = relative(dir, use.path);
    if (/^(?:build|out)(?:\/|$)/.test(inFolder)) return [{ ...use, path: inFolder }];
    const inToolchain = relative(join(made.dir, '..'), use.path);
    return inToolchain.startsWith('toolchain/') ? [{ ...use, path: inToolchain }] : [];
  });
}

it('finds a use outside of a sandbox, also one whose call others interrupt, and none inside', async () => {
  const file = join(dir, 'trace');
  const opens = 'cat build/overlays/app/upper/etc/passwd; cd build; rm -rf overlays/app';
  const inside = ['bwrap', '--ro-bind', '/', '/', '--unshare-pid', '--', 'cat', '/usr/lib/os-release'];
  const all = `mkdir -p build/overlays/app/upper/etc; (${opens}) & ${inside.join(' ')} & wait`;
  await runTool([...traced(file), 'sh', '-c', all], { cwd: dir, root: true, ok: 'any' });
  const uses = hostUses(file, dir).map((use) => ({ ...use, path: relative(dir, use.path) }));
  expect(uses.filter(({ path }) => path.includes('os-release'))).toEqual([]);
  const { unknown } = compareWithInventory(
    inventory(),
    uses.filter(({ path }) => path.startsWith('build/o')),
  );
  expect(unknown.filter((one) => !one.startsWith('mkdir '))).toEqual([
    'cat openat build/overlays/app/upper/etc/passwd',
  ]);
});

it('uses what the inventory lists, and nothing that strangers could write', async () => {
  const config = { 'config-file': 'imageconfigs/tiny.json', 'config-base-dir': 'imageconfigs' };
  const uses = [
    // Twice: the second removes the root that the first has kept.
    ...(await usesOf('build-packages', 1, {})),
    ...(await usesOf('build-packages', 1, {})),
    ...(await usesOf('compose-image', 0, { ...config, 'boot-test': 'n' })),
  ];
  expect(uses.length).toBeGreaterThan(1000);
  expect(compareWithInventory(inventory(), uses)).toEqual({ unknown: [], unused: [] });
});
