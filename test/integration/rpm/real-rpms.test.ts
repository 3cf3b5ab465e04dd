import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { fileDigest } from '../../../src/shared/host/digests.ts';
import { plainEnvironment, runTool } from '../../../src/shared/host/process.ts';
import type { Rpm } from '../../../src/shared/model/rpm.ts';
import { readRpm, readSrpm } from '../../../src/shared/rpm/read.ts';
import { writeRepository } from '../../../src/shared/rpm-repository/write/repodata.ts';

const spec = `Name: probe
Epoch: 3
Version: 1.0
Release: @RELEASE@
Summary: @SUMMARY@
License: MIT
URL: @URL@
BuildArch: noarch
Requires: %{name}-libs = %{epoch}:%{version}-%{release}
Requires: (probe-libs = 3:%{version}-%{release} if probe-extra)
Requires: @REQUIRES@
Requires(post): /bin/sh
Recommends: %{name}-libs = 3:%{version}-%{release}
Suggests: (a and b >= 2)
Conflicts: other < 2
Obsoletes: probe-old < %{version}-%{release}
OrderWithRequires: probe-libs = %{version}-%{release}
%description
@SUMMARY@
%package libs
Version: 7
Summary: Libraries
Provides: probelib = %{version}-%{release}
Requires: probe = 3:1.0-%{release}
%description libs
Libraries
%install
mkdir -p %{buildroot}/etc %{buildroot}/usr/share/probe/dir
echo '@CONTENT@' > %{buildroot}/etc/probe.conf
echo data > %{buildroot}/usr/share/probe/data
ln -s data %{buildroot}/usr/share/probe/link
echo lib > %{buildroot}/usr/share/probe.lib
chmod @MODE@ %{buildroot}/usr/share/probe/data
%post
@POST@
%triggerin -- other >= 1
@TRIGGER@
%transfiletriggerin -- /usr/share/fonts
@FILETRIGGER@
%files
%config(noreplace) /etc/probe.conf
%dir /usr/share/probe
%dir %attr(0750, root, root) /usr/share/probe/dir
/usr/share/probe/data
/usr/share/probe/link
%ghost /var/log/probe.log
%files libs
/usr/share/probe.lib
%changelog
* Mon Jan 01 2024 A <a@example.org> - 1.0
- @CHANGE@
`;

const plain = {
  RELEASE: '1',
  SUMMARY: 'A probe',
  URL: 'https://example.org',
  REQUIRES: 'something',
  CONTENT: 'value',
  MODE: '0644',
  POST: 'true',
  TRIGGER: 'true',
  FILETRIGGER: 'true',
  CHANGE: 'first',
  TIME: '1700000000',
  HOST: 'one',
};

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'azl-rpms-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Builds the spec with some values changed. @returns the folder that holds its RPMs and SRPM. */
async function build(label: string, change: Partial<typeof plain>): Promise<string> {
  const top = join(dir, label.replaceAll(' ', '-'));
  const values = { ...plain, ...change };
  mkdirSync(top);
  const text = spec.replace(/@([A-Z]+)@/g, (_, key: keyof typeof plain) => values[key]);
  writeFileSync(join(top, 'probe.spec'), text);
  const defines = {
    _topdir: top,
    _rpmdir: top,
    _srcrpmdir: top,
    _build_name_fmt: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
    _buildhost: values.HOST,
    use_source_date_epoch_as_buildtime: '1',
    clamp_mtime_to_source_date_epoch: '1',
    source_date_epoch_from_changelog: '0',
  };
  const argv = Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  await runTool(['rpmbuild', '-ba', '--nodeps', ...argv, join(top, 'probe.spec')], {
    env: { ...plainEnvironment, HOME: top, SOURCE_DATE_EPOCH: '1600000000' },
  });
  // BUILDTIME follows SOURCE_DATE_EPOCH here; that another one does not count is a unit test's table row.
  return top;
}

async function digests(top: string): Promise<string[]> {
  const files = readdirSync(top).filter((name) => name.endsWith('.noarch.rpm'));
  const rpms = await Promise.all(files.map((name) => readRpm(join(top, name))));
  return rpms.sort((a, b) => (a.name < b.name ? -1 : 1)).map((rpm) => rpm.outputDigest);
}

describe('RPMs made by rpmbuild', () => {
  it('have one output digest when nothing changed that a dependent can see', async () => {
    const first = await build('first', {});
    const same = await build('same', {
      RELEASE: '2.tiny',
      SUMMARY: 'Another text',
      URL: 'https://example.com',
      CHANGE: 'second',
      HOST: 'two',
    });
    expect(await digests(first)).toHaveLength(2);
    expect(await digests(same)).toEqual(await digests(first));
    expect(await fileDigest(join(same, 'probe-1.0-2.tiny.noarch.rpm'))).not.toBe(
      await fileDigest(join(first, 'probe-1.0-1.noarch.rpm')),
    );
  });

  it.each<[string, Partial<typeof plain>]>([
    ['content', { CONTENT: 'other' }],
    ['mode', { MODE: '0755' }],
    ['requirement', { REQUIRES: 'something-else' }],
    ['required version', { REQUIRES: 'something >= 2' }],
    ['scriptlet', { POST: 'false' }],
    ['trigger', { TRIGGER: 'false' }],
    ['file trigger', { FILETRIGGER: 'false' }],
  ])('have another one when %s changed', async (label, change) => {
    const [main, libs] = await digests(await build(label, change));
    const [mainBefore, libsBefore] = await digests(join(dir, 'first'));
    expect(main).not.toBe(mainBefore);
    expect(libs).toBe(libsBefore);
  });

  it('are read as rpm reads them', async () => {
    const path = join(dir, 'first', 'probe-1.0-1.noarch.rpm');
    const rpm = await readRpm(path);
    await expectAsRpmSays(path, rpm);
    expect(rpm).toMatchObject({
      ...{
        file: 'probe-1.0-1.noarch.rpm',
        name: 'probe',
        epoch: 3,
        version: '1.0',
        release: '1',
        arch: 'noarch',
      },
      sourceRpm: 'probe-1.0-1.src.rpm',
      requires: [
        '(probe-libs = 3:1.0-1 if probe-extra)',
        '/bin/sh',
        'config(probe) = 3:1.0-1',
        'probe-libs = 3:1.0-1',
        'something',
      ],
      conflicts: ['other < 2'],
      obsoletes: ['probe-old < 1.0-1'],
      files: ['/etc/probe.conf', '/usr/share/probe/data', '/usr/share/probe/link', '/var/log/probe.log'],
      folders: ['/usr/share/probe', '/usr/share/probe/dir'],
    });
    expect(rpm.provides).toContain('probe = 3:1.0-1');
    expect(rpm.provides).toContain('config(probe) = 3:1.0-1');
    expect(rpm.requires.some((one) => one.startsWith('rpmlib('))).toBe(false);
  });

  it('are distinguished from SRPMs and damaged files', async () => {
    const srpm = join(dir, 'first', 'probe-1.0-1.src.rpm');
    expect(await readSrpm(srpm)).toEqual({
      file: 'probe-1.0-1.src.rpm',
      size: readFileSync(srpm).length,
      shipDigest: await fileDigest(srpm),
    });
    await expect(readRpm(srpm)).rejects.toThrow(`${srpm}: not a sound RPM file: it is a source RPM`);
    const cut = join(dir, 'cut.rpm');
    writeFileSync(cut, readFileSync(srpm).subarray(0, 700));
    await expect(readSrpm(cut)).rejects.toThrow('ends too early');
  });
});

describe('a repository', () => {
  it('has equal bytes for equal RPMs, whatever their times, and knows all of them', async () => {
    const [one, two] = [join(dir, 'one'), join(dir, 'elsewhere', 'two')];
    for (const [index, top] of [one, two].entries()) {
      for (const arch of ['x86_64', 'noarch']) mkdirSync(join(top, arch), { recursive: true });
      for (const name of index === 0 ? ['first', 'same'] : ['same', 'first']) {
        for (const file of readdirSync(join(dir, name)).filter((each) => each.endsWith('.noarch.rpm'))) {
          cpSync(join(dir, name, file), join(top, 'noarch', file));
          utimesSync(join(top, 'noarch', file), 1_000_000_000 + index, 1_000_000_000 + index);
        }
      }
    }
    const log = recordingLog();
    mkdirSync(join(two, 'repodata.1-2.part'));
    await writeRepository(one, log);
    await writeRepository(two, log);
    await writeRepository(two, log);
    expect(log.lines[0]).toBe(`repository of 4 RPMs: ${one}`);
    expect(readdirSync(two).sort()).toEqual(['noarch', 'repodata', 'x86_64']);
    expect(tree(join(two, 'repodata'))).toEqual(tree(join(one, 'repodata')));
    const names = Object.keys(tree(join(one, 'repodata'))).map((name) =>
      name.replace(/^[0-9a-f]{64}-/, '<digest>-'),
    );
    expect(names.sort()).toEqual([
      '<digest>-filelists.xml.gz',
      '<digest>-other.xml.gz',
      '<digest>-primary.xml.gz',
      'repomd.xml',
    ]);
  });
});

function tree(top: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(top).map((name) => [name, readFileSync(join(top, name)).toString('base64')]),
  );
}

/** Every list and number that rpm's own query prints for the file. */
async function expectAsRpmSays(path: string, rpm: Rpm): Promise<void> {
  const query = async (format: string) => {
    const { stdout } = await runTool(['rpm', '-qp', '--nosignature', '--qf', format, path]);
    return stdout.split('\n').filter((line) => line !== '');
  };
  const unique = (lines: string[]) => [...new Set(lines)].sort();
  expect(await query('%{NAME}\n%{EPOCHNUM}\n%{VERSION}\n%{RELEASE}\n%{ARCH}\n%{SOURCERPM}\n')).toEqual(
    [rpm.name, rpm.epoch, rpm.version, rpm.release, rpm.arch, rpm.sourceRpm].map(String),
  );
  expect(unique(await query('[%{PROVIDENEVRS}\n]'))).toEqual(rpm.provides);
  const requires = (await query('[%{REQUIRENEVRS}\n]')).filter((line) => !line.startsWith('rpmlib('));
  expect(unique(requires)).toEqual(rpm.requires);
  expect(unique(await query('[%{CONFLICTNEVRS}\n]'))).toEqual(rpm.conflicts);
  expect(unique(await query('[%{OBSOLETENEVRS}\n]'))).toEqual(rpm.obsoletes);
  const modes = await query('[%{FILEMODES:perms} %{FILENAMES}\n]');
  const paths = (isFolder: boolean) =>
    unique(
      modes.filter((line) => line.startsWith('d') === isFolder).map((line) => line.replace(/^\S+ /, '')),
    );
  expect(paths(false)).toEqual(rpm.files);
  expect(paths(true)).toEqual(rpm.folders);
  expect(rpm.size).toBe(readFileSync(path).length);
  expect(rpm.shipDigest).toBe(await fileDigest(path));
}
