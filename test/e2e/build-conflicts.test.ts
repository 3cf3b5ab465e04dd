import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runBundle } from '../support/bundle.ts';
import { building, writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { newWorkspace, removeWorkspace, statesOf } from '../support/workspace.ts';

const dir = newWorkspace();
afterAll(() => removeWorkspace(dir));

it('a build root has nothing that its spec names in BuildConflicts, not even of the worker', async () => {
  const tags = ['BuildRequires: engine', 'BuildConflicts: engine > 1', 'BuildConflicts: hostname'];
  await writeTree(join(dir, 'SPECS'), {
    ...building('old-engine', '', 'Provides: engine = 1'),
    ...building('young-engine', '', 'Provides: engine = 2'),
    ...building(
      'main',
      'test -e %{_datadir}/old-engine\ntest ! -e %{_datadir}/young-engine\nif rpm -q hostname young-engine; then exit 1; fi',
      tags.join('\n'),
    ),
    ...building('other', 'test -e %{_datadir}/young-engine\nrpm -q hostname', 'BuildRequires: engine > 1'),
  });
  const { dir: toolchainDir } = await testWorker();
  const run = await runBundle('build-packages', { 'toolchain-dir': toolchainDir }, dir);
  expect(run.code, run.said).toBe(0);
  expect(statesOf(dir)).toEqual({
    ...{ main: 'built', 'old-engine': 'built', other: 'built', 'young-engine': 'built' },
  });
});
