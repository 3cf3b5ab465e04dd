import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkSrpm } from '../../../src/shared/builder/check-srpm.ts';
import { textDigest } from '../../../src/shared/host/digests.ts';
import { createOverlay } from '../../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../../src/shared/sandbox/run.ts';
import { madeUpSpec } from '../../support/made-up.ts';
import { specText, writeTree } from '../../support/trees.ts';
import { testWorker } from '../../support/worker.ts';
import { newWorkspace } from '../../support/workspace.ts';

it('an SRPM is compared with the spec, the sources and the patches that were to be packed', async () => {
  const { worker } = await testWorker();
  const dir = newWorkspace();
  const text = specText('app', 'Source0: https://x/app.tar.gz\nPatch0: fix.patch');
  await writeTree(join(dir, 'in'), { 'app.spec': text, 'app.tar.gz': 'source', 'fix.patch': 'patch' });
  const overlay = await createOverlay(join(dir, 'overlay'));
  const define = (name: string, value: string) => ['--define', `${name} ${value}`];
  const folders = [...define('_sourcedir', '/azl-in'), ...define('_srcrpmdir', '/tmp/made')];
  await runInSandbox(['rpmbuild', '-bs', '--nodeps', ...folders, '/azl-in/app.spec'], {
    root: { worker, overlay },
    binds: [{ source: join(dir, 'in'), target: '/azl-in' }],
  });
  const path = join(dir, 'app-1-1.src.rpm');
  await copyFile(join(overlay, 'upper/tmp/made/app-1-1.src.rpm'), path);
  const source = (name: string) => ({ name, kind: 'source' as const, number: 0 });
  const spec = {
    ...madeUpSpec('app'),
    digest: textDigest(text),
    sources: [source('app.tar.gz'), source('fix.patch')],
  };
  const sources = { 'app.tar.gz': textDigest('source'), 'fix.patch': textDigest('patch') };
  await checkSrpm(path, spec, sources);
  await expect(checkSrpm(path, spec, { ...sources, 'fix.patch': 'f'.repeat(64) })).rejects.toThrow(
    `app-1-1.src.rpm is not what was to be packed: fix.patch has the SHA-256 ${textDigest('patch')}, not fff`,
  );
  const more = { ...spec, sources: [source('app.tar.gz'), source('lost.txt')] };
  await expect(checkSrpm(path, more, { ...sources, 'lost.txt': 'a' })).rejects.toThrow(
    'it lacks lost.txt, it has fix.patch',
  );
});
