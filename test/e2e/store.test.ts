import { appendFileSync, cpSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BuildJson } from '../../src/shared/report/build-json.ts';
import type { JobOptions } from '../services/job.ts';
import { tokens } from '../services/rest.ts';
import { type Fault, type Services, startServices } from '../services/server.ts';
import { type BundleRun, type Inputs, startBundle } from '../support/bundle.ts';
import { builtIn } from '../support/made-up-runs.ts';
import { SharedRun } from '../support/shards.ts';
import { building, writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { digests, leftBehind, newWorkspace, removeWorkspace, statesOf } from '../support/workspace.ts';

/** A library, what is built with it, and what has nothing to do with either. */
const tree = {
  ...building('lib', 'true'),
  ...building('app', 'cat /usr/share/lib', 'BuildRequires: lib'),
  ...building('other', 'true'),
};
const published = ['out/RPMS', 'out/SRPMS'];
const workspaces: string[] = [];
let toolchainDir: string;
let services: Services;

beforeAll(async () => {
  toolchainDir = (await testWorker()).dir;
});
beforeEach(async () => {
  services = await startServices();
});
afterEach(async () => {
  await services.close();
  for (const dir of workspaces.splice(0)) {
    expect(leftBehind(dir)).toEqual([]);
    await removeWorkspace(dir);
  }
});

/** A workflow run on machines of its own: of the tree of `before`, edited, or of the made-up one. */
async function newRun(
  { before, edit }: { before?: SharedRun; edit?: string } = {},
  cache: JobOptions & { event?: string } = {},
  inputs: Inputs = {},
): Promise<SharedRun> {
  const dir = newWorkspace();
  workspaces.push(dir);
  if (before === undefined) await writeTree(join(dir, 'SPECS'), tree);
  else cpSync(join(before.dir, 'SPECS'), join(dir, 'SPECS'), { recursive: true });
  if (edit !== undefined) appendFileSync(join(dir, 'SPECS', edit, `${edit}.spec`), '# A comment.\n');
  return new SharedRun(
    dir,
    { 'toolchain-dir': toolchainDir, token: tokens.actions, ...inputs },
    services,
    cache,
  );
}

/** Everything of a run, which has to end well unless `code` is another: what each job said, how each package ended. */
async function through(run: SharedRun, code = 0, inputs: Inputs = {}) {
  const plan = await run.plan(2, inputs);
  expect(plan.code, plan.said).toBe(0);
  const numbers = (JSON.parse(plan.outputs['matrix'] ?? '') as { shard: number[] }).shard;
  const shards = await Promise.all(numbers.slice(0, 2).map((id) => run.shard(id).ended));
  const merge = await run.merge();
  expect(merge.code, merge.said).toBe(code);
  return { plan, shards, merge, states: statesOf(run.merged()), bytes: digests(run.merged(), published) };
}

/** The key of a package in a run that was merged. */
function keyIn(run: SharedRun, name: string): string {
  const { packages } = JSON.parse(readFileSync(join(run.merged(), 'out/build.json'), 'utf8')) as BuildJson;
  return packages.find((one) => one.name === name)?.key as string;
}

/** Bytes of the RPMs that a run published. */
function rpmBytes(run: SharedRun): number {
  const dir = join(run.merged(), 'out/RPMS');
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((one) => one.endsWith('.rpm'));
  return files.reduce((sum, file) => sum + statSync(join(dir, file)).size, 0);
}

const rpmsOf = (bytes: Record<string, string>) =>
  Object.entries(bytes).filter(([path]) => path.endsWith('.rpm'));
/** An entry of the cache in which every build took so long. */
function withSeconds(bytes: Buffer, seconds: number): Buffer {
  const isZstd = bytes.readUInt32LE(0) === 0xfd2fb528;
  const text = (isZstd ? zstdDecompressSync(bytes) : gunzipSync(bytes)).toString('latin1');
  const changed = text.replace(
    /("seconds":)([0-9.]+)/g,
    (_all, key: string, old: string) => `${key}${String(seconds).padStart(old.length)}`,
  );
  expect(changed).toHaveLength(text.length);
  const archive = Buffer.from(changed, 'latin1');
  return isZstd ? zstdCompressSync(archive) : gzipSync(archive);
}

const saidBy = (runs: readonly BundleRun[]) => runs.map(({ said }) => said).join('\n');
const keysOf = (kind: string) => services.caches.keys().filter((key) => key.startsWith(`azl-${kind}-`));
const callsOf = (call: string) => services.calls.get(call) ?? 0;

describe('the next run', () => {
  it('reuses all that did not change, without a shard, and ships the same bytes', async () => {
    const first = await newRun();
    const one = await through(first);
    expect(one.plan.said).toContain('The store is empty');
    expect(one.states).toEqual({ app: 'built', lib: 'built', other: 'built' });
    expect(keysOf('result')).toHaveLength(3);
    expect(keysOf('index')).toHaveLength(1);

    const artifacts = services.artifacts.made();
    const two = await through(await newRun({ before: first }));
    expect(two.plan.outputs).toMatchObject({ shards: '0', matrix: '{"shard":[]}', 'build-count': '0' });
    expect(two.states).toEqual({ app: 'reused', lib: 'reused', other: 'reused' });
    expect(two.bytes).toEqual(one.bytes);
    // The plan, RPMs and SRPMs; and no claim, sign or result.
    expect(services.artifacts.made()).toBe(artifacts + 3);
    expect(keysOf('result')).toHaveLength(3);

    const three = await through(await newRun({ before: first, edit: 'lib' }));
    expect(three.states).toEqual({ app: 'reused', lib: 'built', other: 'reused' });
    expect(three.plan.said).toMatch(/build {2}lib: spec changed/);
    expect(three.merge.summary).toMatch(/lib \| built \| spec changed/);
  });

  it('finds what a run built that never came to its end', async () => {
    const first = await newRun();
    await first.plan(1);
    await first.shard(1).ended;
    expect(keysOf('result')).toHaveLength(3);
    const second = await through(await newRun({ before: first }));
    expect(second.plan.outputs['build-count']).toBe('2');
    expect(second.states).toEqual({ app: 'reused', lib: 'reused', other: 'reused' });
    expect(second.merge.summary).toContain('a run before this one built it');
  });

  it('takes from the store what an attempt before built, when all jobs are run again', async () => {
    const run = await newRun();
    const one = await through(run);
    run.runAgain('all');
    const plan = await run.plan(2, {}, 2);
    expect(plan.outputs, plan.said).toMatchObject({ plan: 'azl-plan-2', shards: '0', 'build-count': '0' });
    const merge = await run.merge(2);
    expect(merge.code, merge.said).toBe(0);
    expect(statesOf(run.merged(2))).toEqual({ app: 'reused', lib: 'reused', other: 'reused' });
    expect(digests(run.merged(2), published)).toEqual(one.bytes);
  });

  it('builds what the store lost, in the middle of its builds, and ships the same bytes', async () => {
    const first = await newRun();
    const one = await through(first);
    const lib = keyIn(first, 'lib');
    services.caches.remove(`azl-result-1-${lib}`);
    const second = await newRun({ before: first, edit: 'app' });
    const two = await through(second);
    expect(two.plan.outputs['build-count']).toBe('1');
    expect(saidBy(two.shards)).toContain('its cache entry is not there any more. It is built again.');
    expect(two.states).toEqual({ app: 'built', lib: 'built', other: 'reused' });
    expect(Object.entries(two.bytes).filter(([path]) => !path.includes('app'))).toEqual(
      Object.entries(one.bytes).filter(([path]) => !path.includes('app')),
    );
  });

  it('builds at its end what only its repository wants and the store lost', async () => {
    const first = await newRun();
    const one = await through(first);
    services.caches.remove(`azl-result-1-${keyIn(first, 'other')}`);
    const two = await through(await newRun({ before: first }));
    expect(two.plan.outputs['shards']).toBe('0');
    expect(two.states).toEqual({ app: 'reused', lib: 'reused', other: 'built' });
    expect(two.bytes).toEqual(one.bytes);
  });

  it('builds with shards what the run before could not save: it did not say that it had', async () => {
    const message = 'cache write denied: not now';
    services.fail({
      call: 'CreateCacheEntry',
      times: Number.POSITIVE_INFINITY,
      change: () => ({ status: 200, body: { ok: false, signed_upload_url: '', message } }),
    });
    const first = await newRun();
    await first.plan(1);
    const shard = await first.shard(1).ended;
    expect(shard.code, shard.said).toBe(0);
    expect(shard.said).toMatch(/3 results of this job are not in the store \(.*not now.*\): app, lib, other/);
    services.heal();
    const merge = await first.merge();
    expect(merge.code, merge.said).toBe(0);
    expect(keysOf('index')).toHaveLength(1);
    const second = await newRun({ before: first });
    const two = await through(second);
    expect(two.plan.outputs['build-count']).toBe('2');
    expect(two.states).toEqual({ app: 'built', lib: 'built', other: 'built' });
    expect(saidBy(two.shards)).toContain('lib: built');
    expect((await (await newRun({ before: second })).plan(2)).outputs['shards']).toBe('0');
  });

  it('takes an entry of other bytes for none, in this run and the next', async () => {
    const first = await newRun();
    const one = await through(first);
    const broken = `azl-result-1-${keyIn(first, 'lib')}`;
    services.caches.corrupt(broken, () => Buffer.from('no archive'));
    const second = await newRun({ before: first, edit: 'app' });
    const two = await through(second);
    expect(two.states).toEqual({ app: 'built', lib: 'built', other: 'reused' });
    expect(Object.keys(two.bytes)).toEqual(Object.keys(one.bytes));
    // Nothing takes its place in the cache: a run that publishes all knows that it has to be built.
    const three = await (await newRun({ before: second })).plan(2);
    expect(three.outputs['build-count']).toBe('1');
  });

  it('reuses what was stored without debuginfo and SRPM, and publishes it without', async () => {
    const first = await newRun();
    await through(first);
    const budget = { 'store-budget': (rpmBytes(first) / 1e9).toFixed(9) };
    const second = await newRun({ before: first }, {}, budget);
    for (const name of Object.keys(tree))
      appendFileSync(join(second.dir, 'SPECS', name, `${name}.spec`), '# A comment.\n');
    const two = await through(second);
    expect(two.states).toEqual({ app: 'built', lib: 'built', other: 'built' });
    expect(keysOf('without-debug')).toHaveLength(3);
    expect(two.merge.said).toMatch(/Stored for later runs without debuginfo and SRPM .*: app, lib, other/);

    const three = await through(await newRun({ before: second }, {}, budget));
    expect(three.plan.outputs).toMatchObject({ shards: '0', 'build-count': '0' });
    expect(three.states).toEqual({ app: 'reused', lib: 'reused', other: 'reused' });
    expect(rpmsOf(three.bytes)).toEqual(rpmsOf(two.bytes).filter(([path]) => path.startsWith('out/RPMS')));
    const words = /Published without debuginfo and SRPM, .*: app, lib, other/;
    expect(three.merge.said).toMatch(words);
    expect(three.merge.summary).toMatch(words);

    const four = await through(await newRun({ before: second, edit: 'app' }, {}, budget));
    expect(four.states).toEqual({ app: 'built', lib: 'reused', other: 'reused' });
    const srpms = rpmsOf(four.bytes).map(([path]) => path);
    expect(srpms.filter((path) => path.startsWith('out/SRPMS'))).toEqual(['out/SRPMS/app-1-1.src.rpm']);
  });

  it('builds what there was no room for where it publishes all, and plans with it where it does not', async () => {
    const budget = { 'store-budget': '0' };
    const first = await newRun({}, {}, budget);
    const one = await through(first);
    expect([...keysOf('result'), ...keysOf('without-debug')]).toEqual([]);
    expect(saidBy(one.shards)).toMatch(/Not stored, because there is no room for it .*lib/);
    expect(one.merge.said).toMatch(/Not stored for later runs .*: app, lib, other/);
    const plans = ['full', 'built'].map(async (repository) =>
      (await newRun({ before: first }, {}, budget)).plan(2, { 'repository-content': repository }),
    );
    const [full, built] = await Promise.all(plans);
    expect(full?.outputs['build-count']).toBe('2');
    expect(built?.outputs['build-count']).toBe('0');
    expect(built?.said).toContain('The store has 0 packages, 0 MB.');
  });

  it('has shards for what the store lost and merge has no time for', async () => {
    const first = await newRun();
    await through(first);
    // To all that is known, each takes all the time that a job has.
    for (const key of keysOf('index')) services.caches.corrupt(key, (bytes) => withSeconds(bytes, 60));
    for (const key of keysOf('result')) services.caches.remove(key);
    const second = await newRun({ before: first });
    expect((await second.plan(2)).outputs['shards']).toBe('0');
    const merge = await second.merge(1, { 'time-budget': '1', 'concurrent-package-builds': '1' });
    expect(merge.code, merge.said).toBe(1);
    expect(merge.said).toMatch(
      /lost more than this job alone can build in its time: [123] packages are left.*its plan .* gives them shards/,
    );
    // Should it be ended while it builds, the next plan knows all the same.
    expect(merge.said).toMatch(/Saving the index.*lost more than this job.*Saving the index/s);
    const third = await newRun({ before: first });
    const plan = await third.plan(2);
    expect(Number(plan.outputs['shards'])).toBeGreaterThan(0);
    expect(plan.said).toMatch(/build {2}other: /);
  });
});

it('a package whose build root cannot be made does not keep a run from the others, and merge says so', async () => {
  const run = await newRun();
  await writeTree(join(run.dir, 'SPECS'), {
    ...tree,
    ...building('rival', 'true', 'Conflicts: lib'),
    ...building('torn', 'true', 'BuildRequires: lib rival'),
  });
  const one = await through(run, 1);
  expect(one.states).toEqual({ app: 'built', lib: 'built', other: 'built', rival: 'built', torn: 'failed' });
  // Now the plan finds it.
  const again = await newRun({ before: run, edit: 'other' });
  const two = await through(again, 1);
  expect(two.plan.said).toMatch(
    /::error file=SPECS\/torn\/torn\.spec.*failed torn: its build root cannot be made/,
  );
  expect(two.states).toEqual({
    app: 'reused',
    lib: 'reused',
    other: 'built',
    rival: 'reused',
    torn: 'failed',
  });
  expect(two.merge.outputs['complete']).toBe('false');
});

describe('a cache that gives no answer', () => {
  const limited = { call: 'GetCacheEntryDownloadURL', times: Number.POSITIVE_INFINITY, status: 429 };

  it('ends the plan: with 429 on every look-up nothing is built in vain', async () => {
    const first = await newRun();
    await through(first);
    services.fail(limited);
    const second = await newRun({ before: first });
    const plan = await second.plan(2);
    expect(plan.code).toBe(1);
    expect(plan.said).toMatch(/The index of the store cannot be read: .*429.*on-store-error: build/);
    expect(plan.outputs['matrix']).toBeUndefined();
    const environment = services.environment('alone', 'alone');
    const inputs = { 'toolchain-dir': toolchainDir };
    const alone = await startBundle('build-packages', inputs, second.dir, [], environment).ended;
    expect(alone.code).toBe(1);
    expect(alone.said).not.toContain('building');
  });

  it('is gone past where the user says so', async () => {
    services.fail(limited);
    const run = await newRun({}, {}, { 'on-store-error': 'build' });
    const plan = await run.plan(2, { 'on-store-error': 'build' });
    expect(plan.code, plan.said).toBe(0);
    expect(plan.said).toMatch(/The index of the store cannot be read .*all is built/);
    expect(plan.outputs['build-count']).toBe('2');
  });

  it('is waited for when it does not last', async () => {
    const first = await newRun();
    await through(first);
    services.fail({ ...limited, times: 2, headers: { 'retry-after': '1' } });
    services.fail({ call: 'GET blob', times: 1, truncate: 10 });
    const plan = await (await newRun({ before: first })).plan(2);
    expect(plan.code, plan.said).toBe(0);
    expect(plan.outputs['shards']).toBe('0');
  });
});

it.each([
  'GetCacheEntryDownloadURL',
  'CreateCacheEntry',
  'FinalizeCacheEntryUpload',
])('%s that is later than a claim lasts costs double work at most', async (call) => {
  const first = await newRun();
  const one = await through(first);
  services.caches.remove(`azl-result-1-${keyIn(first, 'lib')}`);
  const run = await newRun({ before: first, edit: 'app' });
  const plan = await run.plan(2);
  expect(plan.code, plan.said).toBe(0);
  // Claims last 6 seconds here.
  services.fail({ call, times: 4, delay: 9000 });
  const before = callsOf(call);
  const shards = await Promise.all([1, 2].map((id) => run.shard(id).ended));
  expect(callsOf(call)).toBeGreaterThan(before);
  services.heal();
  for (const { code, said } of shards) expect(code, said).toBe(0);
  const built = shards.flatMap(({ said }) => builtIn(said));
  for (const name of ['app', 'lib']) expect(built.filter((it) => it === name).length, name).toBeOneOf([1, 2]);
  const merge = await run.merge();
  expect(merge.code, merge.said).toBe(0);
  const others = (bytes: Record<string, string>) =>
    Object.entries(bytes).filter(([path]) => !path.includes('app') && path.endsWith('.rpm'));
  expect(others(digests(run.merged(), published))).toEqual(others(one.bytes));
});

describe('a cache that gives merge no answer', () => {
  /** No answer about entries of this key, however often it is asked. */
  const silent = (key: string): Fault => ({
    ...{ call: 'GetCacheEntryDownloadURL', times: Number.POSITIVE_INFINITY },
    change: (answer) =>
      (answer.body as { matched_key?: string }).matched_key?.includes(key)
        ? { status: 403, body: { code: 'permission_denied', msg: 'not now' } }
        : answer,
  });

  it('about one result leaves that, and publishes the others', async () => {
    const first = await newRun();
    await through(first);
    const second = await newRun({ before: first });
    await second.plan(2);
    services.fail(silent(keyIn(first, 'lib')));
    const merge = await second.merge();
    services.heal();
    expect(merge.code, merge.said).toBe(1);
    expect(merge.said).toMatch(/- lib left: The stored result of lib cannot be fetched: .*not now/);
    // What is built on it cannot be published without it.
    const left = ['app', 'lib'];
    const states = statesOf(second.merged());
    for (const name of Object.keys(tree)) expect(states[name]).toBe(left.includes(name) ? 'left' : 'reused');
    const rpms = rpmsOf(digests(second.merged(), ['out/RPMS']));
    expect(rpms).toHaveLength(3 - left.length);
    expect(merge.said).not.toContain('building');
    // It is where it was, and the next attempt has it, as the next run.
    expect(keysOf('index')).toHaveLength(2);
    expect((await (await newRun({ before: first })).plan(2)).outputs['shards']).toBe('0');
    const again = await second.merge(2);
    expect(again.code, again.said).toBe(0);
    expect(statesOf(second.merged(2))).toEqual({ app: 'reused', lib: 'reused', other: 'reused' });
  });

  it('about any result ends well enough to say so', async () => {
    const first = await newRun();
    await through(first);
    const second = await newRun({ before: first });
    await second.plan(2);
    services.fail(silent('azl-'));
    const merge = await second.merge();
    expect(merge.code, merge.said).toBe(1);
    expect(merge.outputs['left']).toBe('3');
    expect(merge.said).toContain('The index of the store is not saved');
  });
});

describe('a store without an index', () => {
  const lose = async () => {
    const first = await newRun();
    await through(first);
    for (const key of keysOf('index')) services.caches.remove(key);
    return first;
  };

  it('costs reuse at the plan alone: what is there is found before it is built', async () => {
    const two = await through(await newRun({ before: await lose() }));
    expect(two.plan.said).toContain('The store is empty');
    expect(two.states).toEqual({ app: 'reused', lib: 'reused', other: 'reused' });
  });

  it('is said loudly where nobody may confirm it', async () => {
    const plan = await (await newRun({ before: await lose() }, {}, { token: tokens.read })).plan(2);
    expect(plan.code, plan.said).toBe(0);
    expect(plan.said).toMatch(/::warning::The store has no index.*cannot be confirmed.*list of caches/);
  });

  it('is not believed when GitHub lists one', async () => {
    const first = await newRun();
    await through(first);
    services.fail({
      call: 'GetCacheEntryDownloadURL',
      times: Number.POSITIVE_INFINITY,
      change: () => ({ status: 200, body: { ok: false } }),
    });
    const plan = await (await newRun({ before: first })).plan(2);
    expect(plan.code).toBe(1);
    expect(plan.said).toContain('GitHub lists an index that the cache does not find');
  });
});

describe('scopes of the cache', () => {
  const pull = { ref: 'refs/pull/7/merge', base: 'main' };

  it('let a pull request see its base, and nobody a pull request', async () => {
    const first = await newRun();
    await through(first);
    const mine = await newRun({ before: first, edit: 'app' }, pull);
    expect((await through(mine)).states).toEqual({ app: 'built', lib: 'reused', other: 'reused' });
    // Its own index is the newest that it sees; the base has moved on since.
    const moved = await newRun({ before: first, edit: 'other' });
    expect((await through(moved)).states).toEqual({ app: 'reused', lib: 'reused', other: 'built' });
    const again = await newRun({ before: moved, edit: 'app' }, pull);
    expect((await through(again)).states).toEqual({ app: 'reused', lib: 'reused', other: 'reused' });
    const merged = await newRun({ before: again });
    expect((await through(merged)).states).toEqual({ app: 'built', lib: 'reused', other: 'reused' });
  });

  it('are left alone by a merge queue, which reuses all the same', async () => {
    const first = await newRun();
    await through(first);
    const before = callsOf('CreateCacheEntry');
    const queued = await newRun(
      { before: first, edit: 'app' },
      { ref: 'refs/heads/gh-readonly-queue/main/pr-7', event: 'merge_group' },
    );
    const two = await through(queued);
    expect(two.states).toEqual({ app: 'built', lib: 'reused', other: 'reused' });
    expect(callsOf('CreateCacheEntry')).toBe(before);
  });

  it.each<[string, JobOptions]>([
    ['the token', { read: false, write: false }],
    ['the runner', { mode: 'none' }],
  ])('that may not be read, says %s, are as none: all is built, and nothing is told as stored', async (_who, cache) => {
    const first = await newRun();
    await through(first);
    const two = await through(await newRun({ before: first }, cache));
    expect(two.plan.said.match(/::warning.*The cache may not be read/g)).toHaveLength(1);
    expect(two.states).toEqual({ app: 'built', lib: 'built', other: 'built' });
    if (cache.mode === undefined) return;
    expect(two.plan.said).toContain('This job may not save anything in the cache');
    // No shard of it told of a result that it is stored, and none tried.
    expect(saidBy(two.shards)).not.toContain('is not in the store');
    expect(two.merge.said).toContain('Not stored for later runs (their shards say why): app, lib, other');
  });

  it('that may only be written are filled all the same', async () => {
    const first = await newRun({}, { mode: 'write-only' });
    const one = await through(first);
    expect(one.states).toEqual({ app: 'built', lib: 'built', other: 'built' });
    const two = await through(await newRun({ before: first }));
    expect(two.states).toEqual({ app: 'reused', lib: 'reused', other: 'reused' });
    expect(two.bytes).toEqual(one.bytes);
  });

  it('that may not be written cost no run: it says so', async () => {
    const run = await through(await newRun({}, { write: false }));
    expect(run.states).toEqual({ app: 'built', lib: 'built', other: 'built' });
    expect(saidBy(run.shards)).toMatch(/The result of lib is not in the store yet: .*denied/);
    expect(run.merge.said).toMatch(/The index of the store is not saved: .*denied/);
  });
});
