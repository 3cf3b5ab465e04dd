import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  azureLinuxSources,
  findLayout,
  layoutLines,
  type TreeLayout,
  withLayout,
} from '../../../src/shared/specs/layout.ts';
import { temporaryFolders } from '../../support/temporary.ts';
import { writeTree } from '../../support/trees.ts';

const newFolder = temporaryFolders();
const lists = 'toolkit/resources/manifests/package';
const repos = 'SPECS/azurelinux-repos';

async function azureLinux(...without: string[]): Promise<string> {
  const dir = newFolder();
  const paths = [
    ...['toolchain_x86_64.txt', 'toolchain_aarch64.txt', 'pkggen_core_x86_64.txt', 'macro_packages.txt'].map(
      (name) => `${lists}/${name}`,
    ),
    ...[
      ...['azurelinux-official-base.repo', 'azurelinux-official-preview.repo', 'azurelinux-debuginfo.repo'],
      ...[
        'azurelinux-ms-oss-preview.repo',
        'azurelinux-ms-oss.repo',
        'azurelinux-amd.repo',
        'MICROSOFT-RPM-GPG-KEY',
      ],
    ].map((name) => `${repos}/${name}`),
    'SPECS-EXTENDED/a/a.spec',
  ].filter((path) => !without.includes(path));
  await writeTree(dir, Object.fromEntries(paths.map((path) => [path, ''])));
  return dir;
}

describe("Azure Linux's layout", () => {
  it('is found from the first folder of specs upwards, with paths as the user began them', async () => {
    const dir = await azureLinux();
    const expected = (root: string) => ({
      root,
      toolchainManifest: join(root, lists, 'toolchain_x86_64.txt'),
      workerManifest: join(root, lists, 'pkggen_core_x86_64.txt'),
      macroPackages: join(root, lists, 'macro_packages.txt'),
      repoFiles: ['azurelinux-ms-oss.repo', 'azurelinux-official-base.repo'].map((name) =>
        join(root, repos, name),
      ),
      gpgKeys: [join(root, repos, 'MICROSOFT-RPM-GPG-KEY')],
    });
    expect(findLayout([join(dir, 'SPECS'), '/elsewhere'], 'x86_64')).toEqual(expected(dir));
    expect(findLayout([join(dir, 'SPECS-EXTENDED/a')], 'x86_64')).toEqual(expected(dir));
    const near = relative(process.cwd(), dir);
    expect(findLayout([join(near, 'SPECS')], 'x86_64')).toEqual(expected(near));
  });

  it('is that of the architecture, and lacks what the tree lacks', async () => {
    const dir = await azureLinux(`${lists}/macro_packages.txt`);
    const found = findLayout([join(dir, 'SPECS')], 'aarch64');
    expect(found).toMatchObject({ toolchainManifest: join(dir, lists, 'toolchain_aarch64.txt') });
    expect(found?.workerManifest).toBeUndefined();
    expect(found?.macroPackages).toBeUndefined();
  });

  it('is not that of a repository that lies in such a tree, nor of any other folder', async () => {
    const dir = await azureLinux();
    await mkdir(join(dir, 'mine/.git'), { recursive: true });
    await mkdir(join(dir, 'mine/SPECS'));
    expect(findLayout([join(dir, 'mine/SPECS')], 'x86_64')).toBeUndefined();
    expect(findLayout([join(newFolder(), 'SPECS')], 'x86_64')).toBeUndefined();
    expect(findLayout([], 'x86_64')).toBeUndefined();
  });
});

describe('the inputs of a job', () => {
  const none = {
    ...{ specsDir: ['SPECS'], toolchainMode: 'auto' as const, toolchainManifest: '', workerManifest: '' },
    ...{ toolchainGpgValidationKeys: [] as string[], macroPackages: '', sourceUrl: '' },
  };
  const layout: TreeLayout = {
    ...{ root: '.', toolchainManifest: 't.txt', workerManifest: 'w.txt', macroPackages: 'm.txt' },
    ...{ repoFiles: [], gpgKeys: ['KEY', 'KEY2'] },
  };
  const ofTree = {
    ...none,
    ...{ toolchainManifest: 't.txt', workerManifest: 'w.txt', toolchainGpgValidationKeys: ['KEY', 'KEY2'] },
    ...{ macroPackages: 'm.txt', sourceUrl: azureLinuxSources },
  };

  it('are those of the tree where they are empty, and each is said', () => {
    expect(withLayout(none, layout)).toEqual(ofTree);
    expect(layoutLines(ofTree, layout)).toEqual([
      "Azure Linux's tree: .",
      "toolchain-manifest: t.txt (of Azure Linux's tree)",
      "worker-manifest: w.txt (of Azure Linux's tree)",
      "toolchain-gpg-validation-keys: KEY KEY2 (of Azure Linux's tree)",
      "macro-packages: m.txt (of Azure Linux's tree)",
      `source-url: ${azureLinuxSources} (of Azure Linux's tree)`,
    ]);
  });

  it('stay as they are where they are given, or where there is no such tree', () => {
    const given = {
      ...{ ...none, toolchainManifest: 'mine.txt', workerManifest: '', macroPackages: 'macros' },
      ...{ sourceUrl: 'https://mine.example' },
    };
    expect(withLayout(given, layout)).toEqual(given);
    expect(layoutLines(given, layout)).toEqual(["Azure Linux's tree: ."]);
    expect(withLayout(none, undefined)).toEqual(none);
    expect(layoutLines(none, undefined)).toEqual([]);
    const own = { ...none, workerManifest: 'mine.txt', toolchainGpgValidationKeys: ['MINE'] };
    expect(withLayout(own, layout)).toEqual({
      ...ofTree,
      ...own,
      ...{ toolchainManifest: 't.txt' },
      ...{ macroPackages: 'm.txt', sourceUrl: azureLinuxSources },
    });
  });

  it('name no manifest where RPMs are made from Debian packages, or the tree has none', () => {
    const bootstrap = { ...none, toolchainMode: 'bootstrap' as const };
    const rest = { macroPackages: 'm.txt', sourceUrl: azureLinuxSources };
    expect(withLayout(bootstrap, layout)).toEqual({ ...bootstrap, ...rest });
    expect(withLayout(none, { ...layout, toolchainManifest: undefined })).toEqual({ ...none, ...rest });
  });
});
