import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostArchitecture } from '../../src/shared/base/architectures.ts';
import { runTool } from '../../src/shared/host/process.ts';
import { type BundleRun, runBundle } from '../support/bundle.ts';
import { type TinyPackage, writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { newWorkspace, removeWorkspace, statesOf } from '../support/workspace.ts';

/** A package without code whose build checks what it sees. */
const little = (name: string, more: string, install: string): string => `Summary: x
Name: ${name}
Version: 1.0
Release: 1%{?dist}
License: MIT
BuildArch: noarch
${more}
%description
x
%install
install -d %{buildroot}%{_datadir}/${name}
${install}
%files
%{_datadir}/${name}
`;

const macros = little(
  'tiny-rpm-macros',
  '',
  `install -d %{buildroot}%{_prefix}/lib/rpm/tiny %{buildroot}%{_prefix}/lib/rpm/macros.d
echo '%%of_vendor vendor' > %{buildroot}%{_prefix}/lib/rpm/tiny/macros
echo '%%of_all all' > %{buildroot}%{_prefix}/lib/rpm/macros.d/macros.tiny`,
);

/** Nobody lists it but the list of the worker's RPMs. */
const ofWorker = little(
  'more-rpm-macros',
  '',
  `install -d %{buildroot}%{_prefix}/lib/rpm/macros.d
echo '%%of_worker worker' > %{buildroot}%{_prefix}/lib/rpm/macros.d/macros.more`,
);

const packages = (): Record<string, TinyPackage> => ({
  'tiny-rpm-macros': { spec: `${macros}%{_prefix}/lib/rpm/tiny\n%{_prefix}/lib/rpm/macros.d/macros.tiny\n` },
  'more-rpm-macros': { spec: `${ofWorker}%{_prefix}/lib/rpm/macros.d/macros.more\n` },
  'my-lib': {
    spec: `${little('my-lib', '', 'install -d %{buildroot}/usr/lib; echo x > %{buildroot}/usr/lib/libmy.la')}/usr/lib/libmy.la\n`,
  },
  app: {
    spec: little(
      'app',
      'BuildRequires: my-lib\nProvides: app(%{of_vendor}) = %{azl_my_lib_version}',
      `test %{of_all} = all
test %{of_worker} = worker
test %{azl_my_lib_release} = 1
test ! -e /usr/lib/libmy.la
test $(id -u) = 0
echo x > /usr/share/of-root
if mount -t tmpfs none /mnt || mknod /tmp/device c 1 3 || unshare --net true; then exit 1; fi`,
    ),
  },
  other: { spec: little('other', '', 'test $(id -u) != 0') },
});

let dir: string;

/** A folder with the test's toolchain, which a run may replace. */
async function ownToolchain(): Promise<string> {
  const { dir: from } = await testWorker();
  const to = join(dir, 'toolchain');
  mkdirSync(to);
  await runTool(['cp', '-al', '--', join(from, 'RPMS'), join(to, 'RPMS')]).catch(
    async () => await runTool(['cp', '-a', '--', join(from, 'RPMS'), join(to, 'RPMS')]),
  );
  copyFileSync(join(from, 'toolchain.json'), join(to, 'toolchain.json'));
  symlinkSync(join(from, 'worker'), join(to, 'worker'));
  return to;
}

beforeAll(async () => {
  dir = newWorkspace();
  await writeTree(join(dir, 'SPECS'), packages());
  const manifests = join(dir, 'toolkit/resources/manifests/package');
  mkdirSync(manifests, { recursive: true });
  writeFileSync(join(manifests, 'macro_packages.txt'), 'tiny-rpm-macros\nrpm\n');
  const ofHost = `pkggen_core_${hostArchitecture.rpm}.txt`;
  writeFileSync(
    join(manifests, ofHost),
    `bash-5.2-1.azl3.${hostArchitecture.rpm}.rpm\nmore-rpm-macros-1.0-1.azl3.noarch.rpm\n`,
  );
  await ownToolchain();
});
afterAll(async () => await removeWorkspace(dir));

async function build(): Promise<BundleRun> {
  const inputs = { 'toolchain-dir': join(dir, 'toolchain'), 'build-as-root-packages': 'auto app' };
  const run = await runBundle('build-packages', inputs, dir);
  expect(run.code, run.said).toBe(0);
  return run;
}

/** Changes the version of a package. */
function bump(name: string): void {
  const file = join(dir, 'SPECS', name, `${name}.spec`);
  writeFileSync(file, readFileSync(file, 'utf8').replace('Version: 1.0', 'Version: 1.1'));
}

it("builds a tree in Azure Linux's form with its macro packages, version macros and policies", async () => {
  const first = await build();
  expect(first.said).toContain(
    'In the worker: more-rpm-macros-1.0-1.azl3.noarch.rpm, tiny-rpm-macros-1.0-1.azl3.noarch.rpm',
  );
  expect(statesOf(dir)).toMatchObject({ 'my-lib': 'built', app: 'built', other: 'built' });
  const file = join(dir, 'out/RPMS/noarch/app-1.0-1.azl3.noarch.rpm');
  const { stdout } = await runTool(['rpm', '-qp', '--provides', file]);
  expect(stdout).toContain('app(vendor) = 1.0');

  const again = await build();
  expect(again.said).not.toContain('In the worker:');
  expect(Object.values(statesOf(dir))).toEqual(Object.keys(packages()).map(() => 'reused'));

  bump('other');
  await build();
  expect(statesOf(dir)).toMatchObject({ 'my-lib': 'reused', app: 'reused', other: 'built' });
  bump('my-lib');
  const last = await build();
  expect(last.summary).toMatch(/^\| app \S+ \| built \| .*macro changed: azl_my_lib_version/m);
  expect(statesOf(dir)).toMatchObject({ app: 'built', other: 'reused', 'tiny-rpm-macros': 'reused' });
});
