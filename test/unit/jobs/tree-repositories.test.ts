import { join } from 'node:path';
import { expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { repositoriesOf } from '../../../src/shared/jobs/tree-repositories.ts';
import { madeUpToolchain } from '../../support/made-up.ts';
import { temporaryFolders } from '../../support/temporary.ts';
import { writeTree } from '../../support/trees.ts';

const newFolder = temporaryFolders();
const repo = 'SPECS/azurelinux-repos/azurelinux-official-base.repo';

it("are those of the config's Azure Linux tree, unless others are given or the toolchain is made of stand-ins", async () => {
  const dir = newFolder();
  await writeTree(dir, {
    'toolkit/resources/manifests/package/x': '',
    'toolkit/imageconfigs/a.json': '',
    [repo]: '',
  });
  const configFile = join(dir, 'toolkit/imageconfigs/a.json');
  const downloaded = { ...madeUpToolchain([]), mode: 'download' as const };
  const log = recordingLog();
  expect(repositoriesOf({ repoList: [], configFile }, downloaded, log)).toEqual([join(dir, repo)]);
  expect(log.lines).toEqual([
    expect.stringContaining(`repo-list: ${join(dir, repo)} (of Azure Linux's tree)`),
  ]);
  expect(repositoriesOf({ repoList: ['mine.repo'], configFile }, downloaded, log)).toEqual(['mine.repo']);
  expect(repositoriesOf({ repoList: [], configFile: join(newFolder(), 'a.json') }, downloaded, log)).toEqual(
    [],
  );
  const standIns = { ...downloaded, mode: 'bootstrap' as const };
  expect(repositoriesOf({ repoList: [], configFile }, standIns, log)).toEqual([]);
});
