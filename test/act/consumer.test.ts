import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { treesForAct } from '../../scripts/act/trees.ts';
import { type Services, startServices } from '../services/server.ts';
import { type ActEnded, ActRepository, builtBy, mostAtOnce } from '../support/act.ts';
import { smallConfig, smallPackages } from '../support/small-image.ts';
import { building, type TinyPackage, tinyPackages, writeTree } from '../support/tiny-distro.ts';
import { leftBehind, newWorkspace, removeWorkspace } from '../support/workspace.ts';

/**
 * All that a user writes: the docs have the like. The times are those of packages that build in seconds. The toolchain
 * would be `needs.distro.outputs.toolchain`, but act has no outputs of a workflow that calls others.
 */
const workflow = `on: workflow_dispatch
permissions:
  contents: read
jobs:
  distro:
    uses: azl/actions/.github/workflows/build-distro.yml@v1
    with:
      poll-interval: "2"
      batch-delay: "5"
  one:
    needs: distro
    if: \${{ !failure() && !cancelled() }}
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@d23441a48e516b6c34aea4fa41551a30e30af803 # v6.1.0
      - id: build
        uses: azl/build-packages@v1
        with:
          toolchain-artifact: azl-toolchain-1
          package-build-list: tiny-macros
      - run: ls \${{ steps.build.outputs.rpms-dir }}/*
`;

/** Another one: an image where nothing was built, and no toolchain handed on. */
const imageAlone = `on: workflow_dispatch
permissions:
  contents: read
jobs:
  images:
    uses: azl/actions/.github/workflows/compose-image.yml@v1
    with:
      config-file: my image.json
      boot-test: n
`;

/** Packages that nothing else needs and that take so long that every shard gets one. */
function slowPackages(count: number): Record<string, TinyPackage> {
  const names = Array.from({ length: count }, (_, at) => `slow-${at + 1}`);
  return Object.assign({}, ...names.map((name) => building(name, 'sleep 8')));
}

const top = newWorkspace();
let services: Services;
let repository: ActRepository;
let first: ActEnded;

beforeAll(async () => {
  services = await startServices();
  const dir = join(top, 'distro');
  mkdirSync(join(dir, '.github/workflows'), { recursive: true });
  writeFileSync(join(dir, '.github/workflows/main.yml'), workflow);
  writeFileSync(join(dir, '.github/workflows/image.yml'), imageAlone);
  // Its image fails once its packages are looked up: to make it would take a minute.
  writeFileSync(join(dir, 'my image.json'), smallConfig({ Packages: [...smallPackages, 'nobody-has-this'] }));
  await writeTree(join(dir, 'SPECS'), { ...tinyPackages(), ...slowPackages(6) });
  repository = new ActRepository(dir, await treesForAct(join(top, 'trees')), services);
  first = await repository.run('main.yml');
});
afterAll(async () => {
  await services.close();
  await removeWorkspace(top);
});

const jobs = (id: string) => first.jobs.filter((job) => job.id === id);

describe('a repository of a few files that calls build-distro.yml', () => {
  it('gets all of its packages from shards that are at work at once', () => {
    expect(first.code, first.said).toBe(0);
    const shards = jobs('shard');
    const all = shards.flatMap(builtBy);
    expect(all.toSorted()).toEqual([
      ...['alpha', 'beta', 'delta', 'gamma'],
      ...Array.from({ length: 6 }, (_, at) => `slow-${at + 1}`),
      'tiny-macros',
    ]);
    const useful = shards.filter((job) => builtBy(job).length > 0);
    expect(mostAtOnce(useful)).toBeGreaterThanOrEqual(3);
  });

  it('has one plan and one merge, and no heavy shard', () => {
    expect([jobs('plan').length, jobs('merge').length, jobs('shard-heavy').length]).toEqual([1, 1, 0]);
  });

  it('may start an action alone', () => {
    expect(jobs('one')[0]?.said).toMatch(/tiny-macros-1\.0-1\.azl3\.noarch\.rpm/);
  });

  it('finds the repository and the SRPMs among the artifacts of the run', () => {
    expect(services.artifacts.names(repository.lastRun)).toEqual(
      expect.arrayContaining(['azl-rpms-x86_64', 'azl-srpms']),
    );
  });

  it('may have an image made without a build: by the toolchain that the run before left', async () => {
    const { code, said } = await repository.run('image.yml');
    expect(said).toMatch(/"toolchain: \d+ RPMs, \d+ of them in the worker/);
    expect(said).not.toContain('Installing the worker');
    // All others are found in the toolchain, and it is by this one alone that the image fails.
    const unknown = [...said.matchAll(/"arg":"[^"]*Package '([^']+)' is provided by nothing/g)];
    expect(unknown.map(([, name]) => name)).toEqual(['nobody-has-this']);
    expect(code).toBe(1);
  });

  it('leaves no mount and no process', () => {
    expect(leftBehind(top)).toEqual([]);
  });
});
