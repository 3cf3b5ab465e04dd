import { appendFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyCheckout, treesForAct } from '../../scripts/act/trees.ts';
import { repository as checkout } from '../../scripts/build-dist.ts';
import { assetName } from '../../src/shared/release/assets.ts';
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
const jobOf = (ended: ActEnded, id: string) => ended.jobs.find((job) => job.id === id);

/** The runs follow each other, each on what the services have of those before. */
describe('the example distribution', () => {
  let packages: number;

  it('is built by shards at once, to the bytes of one job', async () => {
    const night = await repository.run('nightly.yml');
    expect(night.code, night.said).toBe(0);
    const useful = shardsOf(night).filter((job) => builtBy(job).length > 0);
    expect(mostAtOnce(useful)).toBeGreaterThanOrEqual(3);
    packages = builtIn(night).length;

    const alone = digests(join(checkout, 'out'), ['RPMS', 'SRPMS']);
    const rpmsOf = (files: Record<string, string>, folder: string) =>
      Object.entries(files)
        .filter(([path]) => path.startsWith(folder) && path.endsWith('.rpm'))
        .map(([path, digest]) => [path.slice(folder.length), digest]);
    expect(Object.keys(alone).length, 'this compares with what `make image` left in out/').toBeGreaterThan(
      40,
    );
    for (const [artifact, folder] of [
      ['azl-rpms-x86_64', 'RPMS/'],
      ['azl-srpms', 'SRPMS/'],
    ] as const) {
      const fetched = join(top, artifact);
      await repository.fetch(artifact, fetched);
      expect(rpmsOf(digests(fetched, ['.']), '')).toEqual(rpmsOf(alone, folder));
    }
  });

  it('is released: the files of the image, their digests, and nothing else', async () => {
    const image = join(top, 'image');
    await repository.fetch('azl-image-minimal', image);
    const files = Object.entries(digests(image, ['.'])).map(([name, digest]) => {
      return { name: assetName(name), size: statSync(join(image, name)).size, digest: `sha256:${digest}` };
    });
    const kinds = ['json', 'qcow2', 'raw'];
    expect(files.map(({ name }) => name)).toEqual(kinds.map((kind) => `minimal-1.0.${kind}`));
    expect(services.releases.stored).toMatchObject([{ tag_name: 'nightly-1', draft: false }]);
    const [{ assets = [], body } = {}] = services.releases.stored;
    expect(body).toMatch(/^Built from \S+@[0-9a-f]{40}$/);
    const [sums, ...others] = assets.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    expect(others.map(({ name, size, digest }) => ({ name, size, digest }))).toEqual(files);
    expect(assets.every(({ state }) => state === 'uploaded')).toBe(true);
    expect(sums?.name).toBe('SHA256SUMS');
    expect(sums?.bytes.toString()).toBe(
      files.map(({ name, digest }) => `${digest.replace('sha256:', '')}  ${name}\n`).join(''),
    );
  });

  it('costs no shard, no image and no release when nothing has changed', async () => {
    const night = await repository.run('nightly.yml');
    expect(night.code, night.said).toBe(0);
    expect(shardsOf(night)).toEqual([]);
    const image = jobOf(night, 'image');
    expect(image?.said).toMatch(/minimal-1\.0: reused, \d+ packages, .*; boot test passed in an earlier run/);
    expect(image?.said).not.toMatch(/^(Making|Booting) /m);
    expect(image?.page).toContain('### minimal-1.0\n');
    expect(services.releases.stored.length).toBe(1);
  });

  it('costs one package in a pull request that touches a comment of its spec, and the page says why', async () => {
    appendFileSync(join(repository.dir, 'examples/distro/SPECS/hello/hello.spec'), '# A remark\n');
    const pull = { ref: 'refs/pull/1/merge', base: 'main' };
    const request = await repository.run('pull-request.yml', 'pull_request', pull);
    expect(request.code, request.said).toBe(0);
    expect(builtIn(request)).toEqual(['hello']);
    const page = jobOf(request, 'merge')?.page;
    expect(page).toMatch(/^\| \[hello \S+\]\(\S+\/hello\.spec\) \| built \| .*spec changed/m);
    expect(page).toContain(`**${packages - 1} reused**`);
  });
});
