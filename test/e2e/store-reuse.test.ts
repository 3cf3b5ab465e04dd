import { appendFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  keyIn,
  published,
  rpmsOf,
  runsOverOneCache,
  saidBy,
  through,
  tree,
} from '../support/runs-over-one-cache.ts';
import type { SharedRun } from '../support/shards.ts';
import { building, writeTree } from '../support/tiny-distro.ts';
import { digests, statesOf } from '../support/workspace.ts';

const runs = runsOverOneCache();

/** Bytes of the RPMs that a run published. */
function rpmBytes(run: SharedRun): number {
  const dir = join(run.merged(), 'out/RPMS');
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((one) => one.endsWith('.rpm'));
  return files.reduce((sum, file) => sum + statSync(join(dir, file)).size, 0);
}

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

describe('the next run', () => {
  it('reuses all that did not change, without a shard, and ships the same bytes', async () => {
    const { first, one } = runs.firstRun();
    expect(one.plan.said).toContain('The store is empty');
    expect(one.states).toEqual({ app: 'built', lib: 'built', other: 'built' });
    expect(runs.keysOf('result')).toHaveLength(3);
    expect(runs.keysOf('index')).toHaveLength(1);

    const artifacts = runs.services.artifacts.made();
    const two = await through(await runs.newRun({ before: first }));
    expect(two.plan.outputs).toMatchObject({ shards: '0', matrix: '{"shard":[]}', 'build-count': '0' });
    expect(two.states).toEqual({ app: 'reused', lib: 'reused', other: 'reused' });
    expect(two.bytes).toEqual(one.bytes);
    // The plan, RPMs and SRPMs; and no claim, sign or result.
    expect(runs.services.artifacts.made()).toBe(artifacts + 3);
    expect(runs.keysOf('result')).toHaveLength(3);

    const three = await through(await runs.newRun({ before: first, edit: 'lib' }));
    expect(three.states).toEqual({ app: 'reused', lib: 'built', other: 'reused' });
    expect(three.plan.said).toMatch(/build {2}lib: spec changed/);
    expect(three.merge.summary).toMatch(/lib \S+ \| built \| spec changed/);
  });

  it('finds what a run built that never came to its end', async () => {
    const first = await runs.newRun();
    await first.plan(1);
    await first.shard(1).ended;
    expect(runs.keysOf('result')).toHaveLength(3);
    const second = await through(await runs.newRun({ before: first }));
    expect(second.plan.outputs['build-count']).toBe('2');
    expect(second.states).toEqual({ app: 'reused', lib: 'reused', other: 'reused' });
    expect(second.merge.summary).toContain('a run before this one built it');
  });

  it('takes from the store what an attempt before built, when all jobs are run again', async () => {
    const run = await runs.newRun();
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
    const { first, one } = runs.firstRun();
    const lib = keyIn(first, 'lib');
    runs.services.caches.remove(`azl-result-1-${lib}`);
    const second = await runs.newRun({ before: first, edit: 'app' });
    const two = await through(second);
    expect(two.plan.outputs['build-count']).toBe('1');
    expect(saidBy(two.shards)).toContain('its cache entry is not there any more. It is built again.');
    expect(two.states).toEqual({ app: 'built', lib: 'built', other: 'reused' });
    expect(Object.entries(two.bytes).filter(([path]) => !path.includes('app'))).toEqual(
      Object.entries(one.bytes).filter(([path]) => !path.includes('app')),
    );
  });

  it('builds at its end what only its repository wants and the store lost', async () => {
    const { first, one } = runs.firstRun();
    runs.services.caches.remove(`azl-result-1-${keyIn(first, 'other')}`);
    const two = await through(await runs.newRun({ before: first }));
    expect(two.plan.outputs['shards']).toBe('0');
    expect(two.states).toEqual({ app: 'reused', lib: 'reused', other: 'built' });
    expect(two.bytes).toEqual(one.bytes);
  });

  it('builds with shards what the run before could not save: it did not say that it had', async () => {
    const message = 'cache write denied: not now';
    runs.services.fail({
      call: 'CreateCacheEntry',
      times: Number.POSITIVE_INFINITY,
      change: () => ({ status: 200, body: { ok: false, signed_upload_url: '', message } }),
    });
    const first = await runs.newRun();
    await first.plan(1);
    const shard = await first.shard(1).ended;
    expect(shard.code, shard.said).toBe(0);
    expect(shard.said).toMatch(/Not in the store: 3 results of this job \(.*not now.*\): app, lib, other/);
    runs.services.heal();
    const merge = await first.merge();
    expect(merge.code, merge.said).toBe(0);
    expect(runs.keysOf('index')).toHaveLength(1);
    const second = await runs.newRun({ before: first });
    const two = await through(second);
    expect(two.plan.outputs['build-count']).toBe('2');
    expect(two.states).toEqual({ app: 'built', lib: 'built', other: 'built' });
    expect(saidBy(two.shards)).toContain('lib: built');
    expect((await (await runs.newRun({ before: second })).plan(2)).outputs['shards']).toBe('0');
  });

  it('takes an entry of other bytes for none, in this run and the next', async () => {
    const { first, one } = runs.firstRun();
    const broken = `azl-result-1-${keyIn(first, 'lib')}`;
    runs.services.caches.corrupt(broken, () => Buffer.from('no archive'));
    const second = await runs.newRun({ before: first, edit: 'app' });
    const two = await through(second);
    expect(two.states).toEqual({ app: 'built', lib: 'built', other: 'reused' });
    expect(Object.keys(two.bytes)).toEqual(Object.keys(one.bytes));
    // Nothing takes its place in the cache: a run that publishes all knows that it has to be built.
    const three = await (await runs.newRun({ before: second })).plan(2);
    expect(three.outputs['build-count']).toBe('1');
  });

  it('reuses what was stored without debuginfo and SRPM, and publishes it without', async () => {
    const { first } = runs.firstRun();
    const budget = { 'store-budget': (rpmBytes(first) / 1e9).toFixed(9) };
    const second = await runs.newRun({ before: first }, {}, budget);
    for (const name of Object.keys(tree))
      appendFileSync(join(second.dir, 'SPECS', name, `${name}.spec`), '# A comment.\n');
    const two = await through(second);
    expect(two.states).toEqual({ app: 'built', lib: 'built', other: 'built' });
    expect(runs.keysOf('without-debug')).toHaveLength(3);
    expect(two.merge.said).toMatch(/Stored for later runs without debuginfo and SRPM .*: app, lib, other/);

    const three = await through(await runs.newRun({ before: second }, {}, budget));
    expect(three.plan.outputs).toMatchObject({ shards: '0', 'build-count': '0', 'cache-hit': 'true' });
    expect(three.states).toEqual({ app: 'reused', lib: 'reused', other: 'reused' });
    expect(rpmsOf(three.bytes)).toEqual(rpmsOf(two.bytes).filter(([path]) => path.startsWith('out/RPMS')));
    const words = /Published without debuginfo and SRPM, .*: app, lib, other/;
    expect(three.merge.said).toMatch(words);
    expect(three.merge.summary).toMatch(words);

    const four = await through(await runs.newRun({ before: second, edit: 'app' }, {}, budget));
    expect(four.states).toEqual({ app: 'built', lib: 'reused', other: 'reused' });
    const srpms = rpmsOf(four.bytes).map(([path]) => path);
    expect(srpms.filter((path) => path.startsWith('out/SRPMS'))).toEqual(['out/SRPMS/app-1-1.src.rpm']);
  });

  it('builds what there was no room for where it publishes all, and plans with it where it does not', async () => {
    const budget = { 'store-budget': '0' };
    const first = await runs.newRun({}, {}, budget);
    const one = await through(first);
    expect([...runs.keysOf('result'), ...runs.keysOf('without-debug')]).toEqual([]);
    expect(saidBy(one.shards)).toMatch(/Not stored, because there is no room for it .*lib/);
    expect(one.merge.said).toMatch(/Not stored for later runs .*: app, lib, other/);
    const plans = ['full', 'built'].map(async (repository) =>
      (await runs.newRun({ before: first }, {}, budget)).plan(2, { 'repository-content': repository }),
    );
    const [full, built] = await Promise.all(plans);
    expect(full?.outputs['build-count']).toBe('2');
    expect(built?.outputs['build-count']).toBe('0');
    expect(built?.said).toContain('The store has 0 packages, 0 MB.');
  });

  it('has shards for what the store lost and merge has no time for', async () => {
    const { first } = runs.firstRun();
    // To all that is known, each takes all the time that a job has.
    for (const key of runs.keysOf('index'))
      runs.services.caches.corrupt(key, (bytes) => withSeconds(bytes, 60));
    for (const key of runs.keysOf('result')) runs.services.caches.remove(key);
    const second = await runs.newRun({ before: first });
    expect((await second.plan(2)).outputs['shards']).toBe('0');
    const merge = await second.merge(1, { 'time-budget': '1', 'concurrent-package-builds': '1' });
    expect(merge.code, merge.said).toBe(1);
    expect(merge.said).toMatch(
      /lost more than this job alone can build in its time: [123] packages are left.*its plan .* gives them shards/,
    );
    // Should it be ended while it builds, the next plan knows all the same.
    expect(merge.said).toMatch(/Saving the index.*lost more than this job.*Saving the index/s);
    const third = await runs.newRun({ before: first });
    const plan = await third.plan(2);
    expect(Number(plan.outputs['shards'])).toBeGreaterThan(0);
    expect(plan.said).toMatch(/build {2}other: /);
  });
});

it('a package whose build root cannot be made does not keep a run from the others, and merge says so', async () => {
  const run = await runs.newRun();
  await writeTree(join(run.dir, 'SPECS'), {
    ...tree,
    ...building('rival', 'true', 'Conflicts: lib'),
    ...building('torn', 'true', 'BuildRequires: lib rival'),
  });
  const one = await through(run, 1);
  expect(one.states).toEqual({ app: 'built', lib: 'built', other: 'built', rival: 'built', torn: 'failed' });
  // Now the plan finds it.
  const again = await runs.newRun({ before: run, edit: 'other' });
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
