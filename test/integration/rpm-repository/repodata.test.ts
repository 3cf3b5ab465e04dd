import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { checkRepodata } from '../../../src/shared/rpm-repository/write/check-repodata.ts';
import { writeRepository } from '../../../src/shared/rpm-repository/write/repodata.ts';
import { createOverlay } from '../../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../../src/shared/sandbox/run.ts';
import { specText, writeTree } from '../../support/trees.ts';
import { testWorker } from '../../support/worker.ts';
import { newWorkspace } from '../../support/workspace.ts';

const files = `%install
mkdir -p %{buildroot}/opt/app
touch %{buildroot}/opt/app/{a,b}
%files
/opt/app
%ghost /opt/ghost
%changelog
* Mon Jan 01 2024 A B <a@b> - 1-1
- x
`;
const bell = '%{lua:print(string.char(7))}';
let made: string;
let dir: string;

beforeAll(async () => {
  const { worker } = await testWorker();
  made = newWorkspace();
  await writeTree(join(made, 'specs'), {
    'fine.spec': specText('fine', 'BuildArch: noarch\nEpoch: 4', files),
    'bell.spec': specText('bell', `BuildArch: noarch\nVendor: v${bell}`, files),
    'latin.spec': specText('latin', 'BuildArch: noarch', files.replace('- x', '- caf\u00e9')),
  });
  const latin = join(made, 'specs/latin.spec');
  await writeFile(latin, await readFile(latin, 'utf8'), 'latin1');
  const overlay = await createOverlay(join(made, 'overlay'));
  const define = (name: string, value: string) => ['--define', `${name} ${value}`];
  const options = [...define('_topdir', '/tmp/made'), ...define('_invalid_encoding_terminates_build', '0')];
  const specs = ['fine', 'bell', 'latin'].map((name) => `/azl-specs/${name}.spec`);
  await runInSandbox(['rpmbuild', '-bb', ...options, ...specs], {
    root: { worker, overlay },
    binds: [{ source: join(made, 'specs'), target: '/azl-specs' }],
  });
  await cp(join(overlay, 'upper/tmp/made/RPMS/noarch'), join(made, 'rpms'), { recursive: true });
});

async function repositoryOf(...names: string[]): Promise<string> {
  dir = newWorkspace();
  await mkdir(join(dir, 'noarch'));
  await add(...names);
  return dir;
}

async function add(...names: string[]): Promise<void> {
  for (const name of names)
    await cp(join(made, 'rpms', `${name}-1-1.noarch.rpm`), join(dir, 'noarch', `${name}-1-1.noarch.rpm`));
}

describe('a repository', () => {
  it('that lists every RPM is written, also one with a changelog that is not UTF-8', async () => {
    await writeRepository(await repositoryOf('fine', 'latin'), recordingLog());
    expect(await readdir(join(dir, 'repodata'))).toHaveLength(4);
  });

  it('that lacks an RPM is refused, with its name and the words of createrepo_c; the old one stays', async () => {
    await writeRepository(await repositoryOf('fine'), recordingLog());
    const before = await readFile(join(dir, 'repodata/repomd.xml'), 'utf8');
    await add('bell');
    await expect(writeRepository(dir, recordingLog())).rejects.toThrow(
      /did not list .*: bell-0:1-1\.noarch is not in primary\.xml; bell-0:1-1\.noarch is not in filelists\.xml; .*\n.*Forbidden control chars/s,
    );
    expect(await readFile(join(dir, 'repodata/repomd.xml'), 'utf8')).toBe(before);
    expect(await readdir(dir)).toEqual(['noarch', 'repodata']);
  });

  it.each<[string, (list: string) => string, RegExp]>([
    [
      'another digest',
      (list) => list.replace(/pkgid="./, 'pkgid="x'),
      /fine-4:1-1\.noarch is not in other\.xml; fine-4:1-1\.noarch is in other\.xml and no file/,
    ],
    [
      'another count',
      (list) => list.replace('packages="1"', 'packages="2"'),
      /other\.xml has 1 packages and states 2/,
    ],
    ['no sound XML', (list) => list.replace('<changelog', '<<hangelog'), /no sound XML/],
    [
      'other bytes than repomd.xml says',
      (list) => list.replace('- x', '- y'),
      /other\.xml has other bytes than repomd\.xml says/,
    ],
  ])('whose list has %s is refused', async (_, change, message) => {
    await writeRepository(await repositoryOf('fine'), recordingLog());
    const repodata = join(dir, 'repodata');
    const list = (await readdir(repodata)).find((name) => name.endsWith('-other.xml.gz')) as string;
    const text = gunzipSync(await readFile(join(repodata, list))).toString();
    await writeFile(join(repodata, list), gzipSync(change(text)));
    const rpms = [join(dir, 'noarch/fine-1-1.noarch.rpm')];
    await expect(checkRepodata({ dir, repodata, rpms }, '')).rejects.toThrow(message);
  });
});
