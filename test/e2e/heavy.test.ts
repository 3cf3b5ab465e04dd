import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { SharedRun } from '../support/shards.ts';
import { building, writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { leftBehind, newWorkspace, removeWorkspace, statesOf } from '../support/workspace.ts';

const workspaces: string[] = [];

afterAll(async () => {
  for (const dir of workspaces) {
    expect(leftBehind(dir)).toEqual([]);
    await removeWorkspace(dir);
  }
});

/** A planned run in which only heavy runners build the compiler. */
async function planned() {
  const dir = newWorkspace();
  workspaces.push(dir);
  await writeTree(join(dir, 'SPECS'), {
    ...building('compiler', 'sleep 3'),
    ...building('app', 'cat /usr/share/compiler', 'BuildRequires: compiler'),
    ...building('other', 'true'),
  });
  const run = new SharedRun(dir, { 'toolchain-dir': (await testWorker()).dir });
  const plan = await run.plan(2, { 'heavy-packages': 'compiler' });
  expect(plan.code, plan.said).toBe(0);
  return { run, outputs: plan.outputs };
}

it('builds heavy packages on their own runners alone, and what needs them on the others', async () => {
  const { run, outputs } = await planned();
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

it('leaves heavy packages to their own runners when merge runs alone, and ends', async () => {
  const { run } = await planned();
  const merge = await run.merge(2);
  expect(merge.code).toBe(1);
  expect(merge.said).toMatch(/Left, because they need heavier runners than this one .*: compiler/);
  expect(statesOf(run.merged(2))).toEqual({ app: 'left', compiler: 'left', other: 'built' });
});
