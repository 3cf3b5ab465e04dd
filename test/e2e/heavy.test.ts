import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { SharedRun } from '../support/shards.ts';
import { building, writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { leftBehind, newWorkspace, removeWorkspace, statesOf } from '../support/workspace.ts';

const dir = newWorkspace();

afterAll(async () => {
  expect(leftBehind(dir)).toEqual([]);
  await removeWorkspace(dir);
});

it('builds heavy packages on their own runners alone, and what needs them on the others', async () => {
  await writeTree(join(dir, 'SPECS'), {
    ...building('compiler', 'sleep 3'),
    ...building('app', 'cat /usr/share/compiler', 'BuildRequires: compiler'),
    ...building('other', 'true'),
  });
  const run = new SharedRun(dir, { 'toolchain-dir': (await testWorker()).dir });
  const { outputs, code, said } = await run.plan(2, { 'heavy-packages': 'compiler' });
  expect(code, said).toBe(0);
  const numbers = (name: string) => (JSON.parse(outputs[name] ?? '') as { shard: number[] }).shard;
  const [ordinary, heavy] = [numbers('matrix'), numbers('heavy-matrix')];
  expect(outputs['heavy-shards']).toBe('1');
  expect(heavy.some((id) => ordinary.includes(id))).toBe(false);
  const ids = [ordinary[0], heavy[0]] as [number, number];
  const [one, strong] = await Promise.all(ids.map((id) => run.shard(id).ended));
  const built = (shard: typeof one) =>
    [...(shard?.said ?? '').matchAll(/^(\S+): built in/gm)].map(([, name]) => name);
  expect(built(strong)).toEqual(['compiler']);
  expect(built(one)).toEqual(['other', 'app']);
  const merge = await run.merge();
  expect(merge.code, merge.said).toBe(0);
  expect(statesOf(run.merged())).toEqual({ app: 'built', compiler: 'built', other: 'built' });
});
