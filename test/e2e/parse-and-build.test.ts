import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { builder } from '../../src/shared/sandbox/arguments.ts';
import { runBundle } from '../support/bundle.ts';
import { writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { leftBehind, newWorkspace, removeWorkspace, statesOf } from '../support/workspace.ts';

const own = newWorkspace();
afterAll(async () => {
  expect(leftBehind(own)).toEqual([]);
  await removeWorkspace(own);
});

it('sees the files that were parsed; where its RPMs differ all the same, it fails unless its root is the reason', async () => {
  const spec = (name: string, tags: string) =>
    `Summary: x\nName: ${name}\nVersion: 1\nRelease: 1\nLicense: x\nBuildArch: noarch\n${tags}\n%description\nx\n%install\nmkdir -p %{buildroot}/usr/share/${name}\n%files\n/usr/share/${name}\n`;
  const extra = (name: string) =>
    `%package extra\nSummary: x\n%description extra\nx\n%files extra\n%dir /usr/share/${name}\n`;
  const odd = ['.hidden.conf', 'with blank.txt', '__proto__', 'a%%2Bb.txt', '%{later}'];
  const oddSources = odd.map((name, index) => `Source${index}: ${name}`).join('\n');
  const installed = (tag: string) => `BuildRequires: base\n%(test -e /usr/share/base && echo "${tag}")`;
  await writeTree(join(own, 'SPECS'), {
    base: { spec: spec('base', '') },
    unlike: {
      spec: spec('unlike', `${installed('Epoch: 2')}\nProvides: made-by = %{?epoch}%{!?epoch:none}`),
    },
    unable: { spec: spec('unable', installed('BuildArch: of-no-kind')) },
    moody: { spec: spec('moody', `%(test $(id -u) = ${builder.uid} && echo "Epoch: 3")`) },
    grown: {
      spec: spec('grown', `${oddSources}\n%(cat %{_sourcedir}/sub/extra.inc)\n%global later late`).replace(
        '%files',
        'cat %{SOURCE0} "%{SOURCE1}" %{SOURCE2} "%{SOURCE3}" %{SOURCE4} >%{buildroot}/usr/share/grown/odd\n%files',
      ),
      sources: {
        '.hidden.conf': '1',
        'with blank.txt': '2',
        ['__proto__']: '3',
        'a%2Bb.txt': '4',
        late: '5',
      },
      patches: { 'sub/extra.inc': extra('grown') },
    },
  });
  const run = await runBundle('build-packages', { 'toolchain-dir': (await testWorker()).dir }, own);
  const states = { base: 'built', unable: 'failed', unlike: 'built', moody: 'failed', grown: 'built' };
  expect(statesOf(own)).toEqual(states);
  const rpms = readdirSync(join(own, 'out/RPMS/noarch')).filter((file) => file.startsWith('grown'));
  expect(rpms).toEqual(['grown-1-1.noarch.rpm', 'grown-extra-1-1.noarch.rpm']);
  expect(run.said).toContain(
    'moody was built otherwise than it was parsed: moody-1-1.noarch became moody-3:1-1.noarch',
  );
  const warnings = run.said.split('\n').filter((line) => line.startsWith('::warning'));
  expect(warnings).toEqual([
    expect.stringMatching(
      /unlike was built otherwise than it was parsed: unlike-1-1\.noarch became unlike-2:1-1\.noarch, .*unlike provides no 'made-by = none'.*\. It follows from what is installed in its build root/,
    ),
  ]);
  expect(run.said).toContain('unable: rpm cannot read line 8 of the spec');
});
