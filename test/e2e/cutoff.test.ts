import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundleRun, type Inputs, runBundle } from '../support/bundle.ts';
import { distributions, type SourceFile } from '../support/distributions.ts';
import {
  addComment,
  bumpRelease,
  cComment,
  type Edit,
  patchSource,
  randomEdits,
  seeded,
} from '../support/edits.ts';
import { elsewhere } from '../support/elsewhere.ts';
import { testWorker } from '../support/worker.ts';
import { digests, newWorkspace, removeWorkspace, statesOf } from '../support/workspace.ts';

const published = ['out/RPMS', 'out/SRPMS'];
/** Each kind of edit twice. An image is made of every fifth tree: with one edit of each kind behind it. */
const rounds = 10;
const imageEvery = 5;
const seed = 20_260_101;

describe.each(distributions)('$name: what is built after an edit', (distribution) => {
  const workspaces: string[] = [];
  let dir: string;
  let shared: Inputs;
  let sources: string;

  beforeAll(async () => {
    const { dir: toolchainDir } = await testWorker();
    shared = { 'toolchain-dir': toolchainDir, 'config-file': 'imageconfigs/minimal.json' };
    sources = join(toolchainDir, '..', 'sources');
    dir = await workspace();
    await distribution.write(dir);
    await build(dir);
  });
  afterAll(async () => {
    for (const one of workspaces) await removeWorkspace(one);
  });

  /** An empty folder with what was downloaded already: nothing that was built. */
  async function workspace(): Promise<string> {
    const one = newWorkspace();
    workspaces.push(one);
    const cache = join(one, 'build/cache/sources');
    mkdirSync(cache, { recursive: true });
    if (existsSync(sources)) cpSync(sources, cache, { recursive: true });
    return one;
  }

  async function build(
    place: string,
    inputs: Inputs = {},
    before: readonly string[] = [],
  ): Promise<BundleRun> {
    const run = await runBundle('build-packages', { ...shared, ...inputs }, place, before);
    expect(run.code, run.said).toBe(0);
    return run;
  }

  async function rawImage(place: string, before: readonly string[] = []): Promise<string> {
    const run = await runBundle('compose-image', { ...shared, 'boot-test': 'n' }, place, before);
    expect(run.code, run.said).toBe(0);
    const images = digests(place, ['out/images']);
    const raw = Object.keys(images).find((path) => path.endsWith('.raw'));
    return images[raw as string] as string;
  }

  const builtIn = (place: string) =>
    Object.entries(statesOf(place))
      .filter(([, state]) => state === 'built')
      .map(([name]) => name);

  it('is one package for a comment in its spec, for a new Release, for a comment in its code', async () => {
    const [source] = distribution.commentable as [SourceFile];
    const [name] = distribution.packages as [string];
    const edits: [Edit, string][] = [
      [addComment(name, 'x'), name],
      [bumpRelease(name), name],
      [cComment(source, 'x'), source.package],
    ];
    for (const [edit, edited] of edits) {
      const before = digests(dir, published);
      edit.apply(dir, sources);
      await build(dir);
      expect(builtIn(dir), edit.what).toEqual([edited]);
      expect(digests(dir, published), `${edit.what} ships`).not.toEqual(before);
    }
  });

  it.each(
    randomEdits(distribution, rounds, seeded(seed)).map((edit, round) => ({ ...edit, round })),
  )(`equals a clean run: edit $round of seed ${seed}, $what`, async ({ apply, round }) => {
    apply(dir, sources);
    await build(dir);
    const clean = await workspace();
    cpSync(join(dir, 'SPECS'), join(clean, 'SPECS'), { recursive: true });
    cpSync(join(dir, 'imageconfigs'), join(clean, 'imageconfigs'), { recursive: true });
    if (existsSync(join(dir, 'debian-sources.json')))
      cpSync(join(dir, 'debian-sources.json'), join(clean, 'debian-sources.json'));
    await build(clean, { 'concurrent-package-builds': String(1 + (round % 3)) }, elsewhere);
    expect(digests(dir, published)).toEqual(digests(clean, published));
    if (round % imageEvery === imageEvery - 1)
      expect(await rawImage(dir)).toBe(await rawImage(clean, elsewhere));
    await removeWorkspace(clean);
  });

  it('is noticed by the %check of a library that one line of a patch breaks', async () => {
    const { breakable } = distribution;
    const name = breakable.package;
    const inputs = { 'package-build-list': name, 'config-file': '', 'run-check': 'y' };
    await build(dir, inputs);
    patchSource(breakable, 'another line', (text) => text.replace(breakable.line, breakable.by)).apply(
      dir,
      sources,
    );
    const run = await runBundle('build-packages', { ...shared, ...inputs }, dir);
    expect(run.code).toBe(1);
    expect(run.said).toContain(`✗ ${name}: %check failed`);
    expect(statesOf(dir)[name]).toBe('built');
  });
});
