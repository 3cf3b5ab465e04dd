import { chmod, cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { makeBuildRoot, WrongBuildRootError } from '../../../src/shared/builder/build-root.ts';
import { rpmbuildArguments } from '../../../src/shared/cache-key/recipe.ts';
import { removeTree } from '../../../src/shared/host/folders.ts';
import type { RootRpm, Rpm } from '../../../src/shared/model/rpm.ts';
import { readRpm } from '../../../src/shared/rpm/read.ts';
import { createOverlay, type Root } from '../../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../../src/shared/sandbox/run.ts';
import { specText, writeTree } from '../../support/trees.ts';
import { type TestWorker, testWorker } from '../../support/worker.ts';

/** A library whose headers need it exactly, with a scriptlet that asks the database, and two hard links. */
const library = (release: string, text: string) => `Name: t-lib
Version: 1.0
Release: ${release}
Summary: ${text}
License: MIT
BuildArch: noarch
Provides: t-library = %{version}-%{release}
Obsoletes: t-old < %{version}-%{release}
%description
${text}
%package devel
Summary: ${text}
Requires: t-lib = %{version}-%{release}
Requires: (t-lib >= %{version}-%{release} if t-user)
%description devel
${text}
%install
mkdir -p %{buildroot}/opt
echo lib > %{buildroot}/opt/t-lib
ln %{buildroot}/opt/t-lib %{buildroot}/opt/t-lib-too
echo devel > %{buildroot}/opt/t-lib.h
%post devel
rpm -q t-lib --qf '%%{RELEASE} %%{SOURCERPM}' > /opt/seen-by-scriptlet
ls /azl/* >> /opt/seen-by-scriptlet
%files
/opt/t-lib
/opt/t-lib-too
%files devel
/opt/t-lib.h
%changelog
* Wed Jan 01 2025 A <a@example.org> - 1.0-${release}
- ${text}
`;

/** Needs and conflicts with releases of `t-lib`, which rpm in the root cannot know. */
const user = specText(
  't-user',
  'BuildArch: noarch\nRequires: t-lib >= 1.0-1\nConflicts: t-lib < 1.0-1\nObsoletes: t-lib < 1.0-1',
  '%files\n',
);

let dir: string;
let made: TestWorker;

beforeAll(async () => {
  made = await testWorker();
  dir = await mkdtemp(join(tmpdir(), 'azl-build-root-'));
  await chmod(dir, 0o755);
  for (const [folder, specs] of Object.entries({
    one: { 't-lib.spec': library('1', 'first'), 't-user.spec': user },
    two: { 't-lib.spec': library('2.azl9', 'a longer text'), 't-user.spec': user },
  })) {
    await writeTree(join(dir, `${folder}-specs`), specs);
    const root = { worker: made.worker, overlay: await createOverlay(join(dir, `make-${folder}`)) };
    const paths = Object.keys(specs).map((name) => `/specs/${name}`);
    const defines = [
      ...['--define', '_topdir /tmp/made', '--define', `_buildhost ${folder}`],
      ...['--define', 'clamp_mtime_to_source_date_epoch 1'],
    ];
    const env = { SOURCE_DATE_EPOCH: '1600000000' };
    const binds = [{ source: join(dir, `${folder}-specs`), target: '/specs' }];
    await runInSandbox(['rpmbuild', '-bb', ...defines, ...paths], { root, binds, env });
    await cp(join(root.overlay, 'upper/tmp/made/RPMS/noarch'), join(dir, folder), { recursive: true });
  }
});
afterAll(async () => await removeTree(dir));

const files = { one: '1.0-1', two: '1.0-2.azl9' };

async function rpmsOf(folder: keyof typeof files): Promise<RootRpm[]> {
  const names = [`t-lib-${files[folder]}`, `t-lib-devel-${files[folder]}`, 't-user-1-1'];
  const rpms = await Promise.all(names.map((name) => readRpm(join(dir, folder, `${name}.noarch.rpm`))));
  return rpms.map((rpm) => ({ origin: 'local', rpm }));
}

async function rootOf(
  folder: keyof typeof files,
  overlay: string,
  local: RootRpm[],
  releasesHidden = true,
): Promise<Root> {
  const worker = made.toolchain.rpms.filter(({ file }) => made.toolchain.worker.includes(file));
  return await makeBuildRoot({
    ...{ toolchain: made.toolchain, toolchainDir: made.dir, overlay: join(dir, overlay), name: 't' },
    installed: [...worker.map((rpm): RootRpm => ({ origin: 'toolchain', rpm })), ...local],
    ...{ folderOf: () => join(dir, folder), log: recordingLog(), releasesHidden },
  });
}

async function shown(root: Root, command: string): Promise<string> {
  return (await runInSandbox(['/bin/sh', '-c', command], { root })).stdout;
}

describe('the rpm database that a build sees', () => {
  let one: Root;
  let two: Root;
  beforeAll(async () => {
    one = await rootOf('one', 'root-one', await rpmsOf('one'));
    two = await rootOf('two', 'root-two', (await rpmsOf('two')).reverse());
  });

  it('is the same, byte for byte, for RPMs with the same output digests', async () => {
    const digests = (rpms: RootRpm[]) => rpms.map(({ rpm }) => rpm.outputDigest);
    const releases = (rpms: RootRpm[]) => rpms.map(({ rpm }) => rpm.release);
    expect(digests(await rpmsOf('two'))).toEqual(digests(await rpmsOf('one')));
    expect(releases(await rpmsOf('two'))).not.toEqual(releases(await rpmsOf('one')));
    const database = 'cd /var/lib/rpm; ls -A; sha256sum *';
    expect(await shown(two, database)).toBe(await shown(one, database));
    expect(await shown(one, database)).toContain('rpmdb.sqlite');
  });

  it.each([
    ['rpm -q t-lib', 't-lib-1.0-99999999.hidden.noarch\n'],
    ["rpm -q --qf '%{RELEASE} %{BUILDTIME} %{BUILDHOST}\\n' t-lib", '99999999.hidden (none) (none)\n'],
    ["rpm -q --qf '%{SOURCERPM} %{SUMMARY}\\n' t-lib", 't-lib-1.0-99999999.hidden.src.rpm (none)\n'],
    ['rpm -q --changelog t-lib', ''],
    ['rpm -q --provides t-lib', 't-lib = 1.0\nt-library = 1.0\n'],
    ['rpm -q --obsoletes t-lib', 't-old < 1.0\n'],
    ['rpm -q --requires t-lib-devel | grep t-lib', '(t-lib >= 1.0 if t-user)\nt-lib = 1.0\n'],
    ['rpm -q --whatprovides t-library', 't-lib-1.0-99999999.hidden.noarch\n'],
    ['rpm -V t-lib-devel', ''],
    ['rpm -qf /opt/t-lib-too', 't-lib-1.0-99999999.hidden.noarch\n'],
    ['rpm -qa | grep -c hidden', '3\n'],
    ['stat -c %h /opt/t-lib-too', '2\n'],
    [
      'grep -v py /opt/seen-by-scriptlet',
      `99999999.hidden t-lib-1.0-99999999.hidden.src.rpm/azl/rpms-0:
t-lib-devel.noarch.rpm
t-lib.noarch.rpm
t-user.noarch.rpm

/azl/run:
request.json
`,
    ],
  ])('answers %s', async (command, answer) => {
    expect(await shown(one, command)).toBe(answer);
    expect(await shown(two, command)).toBe(answer);
  });

  it.each<[string, string[], string[]]>([
    ['BuildRequires: t-lib = 1.0-1', ['t-lib = 1.0-1'], []],
    ['BuildRequires: (t-lib >= 1.0-1 with t-lib < 1.0-9)', ['(t-lib >= 1.0-1 with t-lib < 1.0-9)'], []],
    ['BuildConflicts: t-lib < 1.0-1', [], ['t-lib < 1.0-1']],
    ['BuildRequires: t-lib', ['t-lib'], []],
  ])('lets a spec build that says %s', async (line, buildRequires, buildConflicts) => {
    const spec = specText('t-needs', `BuildArch: noarch\n${line}`, '%files\n');
    await writeTree(join(dir, 'needs'), { 't-needs.spec': spec });
    const described = { path: 't-needs/t-needs.spec', buildRequires, buildConflicts, checkRequires: [] };
    await runInSandbox(rpmbuildArguments('rpms', described, { _topdir: '/tmp/top' }), {
      root: one,
      binds: [{ source: join(dir, 'needs'), target: '/usr/src/azl/SPECS' }],
    });
    expect(await shown(one, 'ls /tmp/top/RPMS/noarch')).toBe('t-needs-1-1.noarch.rpm\n');
  });
});

describe('a build root', () => {
  it('shows the true database to a release-aware package', async () => {
    const root = await rootOf('two', 'aware', await rpmsOf('two'), false);
    const format = "'%{RELEASE} %{SOURCERPM} %{BUILDHOST} %{SUMMARY}\\n'";
    expect(await shown(root, `rpm -q --qf ${format} t-lib`)).toBe(
      '2.azl9 t-lib-1.0-2.azl9.src.rpm two a longer text\n',
    );
    expect(await shown(root, 'rpm -q --requires t-lib-devel | grep t-lib')).toBe(
      '(t-lib >= 1.0-2.azl9 if t-user)\nt-lib = 1.0-2.azl9\n',
    );
  });

  it.each<[string, Partial<Rpm>, string]>([
    ['another release', { release: '9' }, 'is t-lib-0:1.0-1.noarch, not t-lib-0:1.0-9.noarch'],
    ['another content', { outputDigest: 'other' }, 'has not the output digest that its result states'],
  ])('is not made of an RPM with %s than its key lists', async (what, change, words) => {
    const local = (await rpmsOf('one')).map((one) => ({ ...one, rpm: { ...one.rpm, ...change } }));
    const making = rootOf('one', `wrong-${what.split(' ')[1]}`, local.slice(0, 1));
    await expect(making).rejects.toThrow(WrongBuildRootError);
    await expect(making).rejects.toThrow(words);
  });
});
