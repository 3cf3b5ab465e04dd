import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyCheckout, treesForAct } from '../../scripts/act/trees.ts';
import { repository as checkout } from '../../scripts/build-dist.ts';
import { type Services, startServices } from '../services/server.ts';
import { type ActEnded, ActRepository, builtBy, mostAtOnce } from '../support/act.ts';
import { digests, newWorkspace, removeWorkspace } from '../support/workspace.ts';

const top = newWorkspace();
let services: Services;
let repository: ActRepository;

beforeAll(async () => {
  services = await startServices();
  repository = new ActRepository(await copyCheckout(top), await treesForAct(join(top, 'trees')), services);
});
afterAll(async () => {
  await services.close();
  await removeWorkspace(top);
});

const shardsOf = (ended: ActEnded) => ended.jobs.filter(({ id }) => id === 'shard');
const builtIn = (ended: ActEnded) => shardsOf(ended).flatMap(builtBy);
const saidBy = (ended: ActEnded, id: string) =>
  ended.jobs
    .filter((job) => job.id === id)
    .map(({ said }) => said)
    .join('');

/** The runs follow each other, each on what the services have of those before. */
describe('the example distribution', () => {
  let packages: number;

  it('is built by shards at once, to the bytes of one job, and released', async () => {
    const night = await repository.run('nightly.yml');
    expect(night.code, night.said).toBe(0);
    const useful = shardsOf(night).filter((job) => builtBy(job).length > 0);
    expect(mostAtOnce(useful)).toBeGreaterThanOrEqual(3);
    packages = builtIn(night).length;

    const alone = digests(join(checkout, 'out'), ['RPMS']);
    const rpms = Object.entries(alone).filter(([path]) => path.endsWith('.rpm'));
    expect(rpms.length, 'this compares with what `make image` left in out/').toBeGreaterThan(40);
    const fetched = join(top, 'rpms');
    await repository.fetch('azl-rpms-x86_64', fetched);
    const made = digests(fetched, ['.']);
    expect(Object.entries(made).filter(([path]) => path.endsWith('.rpm'))).toEqual(
      rpms.map(([path, digest]) => [path.replace(/^RPMS\//, ''), digest]),
    );

    expect(services.releases.stored).toMatchObject([{ tag_name: 'nightly-1', draft: false }]);
    const assets = services.releases.stored[0]?.assets.map(({ name, state }) => [name, state]);
    expect(assets).toEqual(expect.arrayContaining([['SHA256SUMS', 'uploaded']]));
    expect(assets?.length).toBeGreaterThan(1);
  });

  it('costs no shard, no image and no release when nothing has changed', async () => {
    const night = await repository.run('nightly.yml');
    expect(night.code, night.said).toBe(0);
    expect(shardsOf(night)).toEqual([]);
    expect(services.releases.stored.length).toBe(1);
  });

  it('costs one package in a pull request that touches a comment of its spec, and the page says why', async () => {
    appendFileSync(join(repository.dir, 'examples/distro/SPECS/hello/hello.spec'), '# A remark\n');
    const pull = { ref: 'refs/pull/1/merge', base: 'main' };
    const request = await repository.run('pull-request.yml', 'pull_request', pull);
    expect(request.code, request.said).toBe(0);
    expect(builtIn(request)).toEqual(['hello']);
    const merge = saidBy(request, 'merge');
    expect(merge).toContain('spec changed');
    expect(merge).toMatch(new RegExp(`${packages - 1} reused`));
  });
});
