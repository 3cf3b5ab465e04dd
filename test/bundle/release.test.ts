import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredRelease } from '../services/releases.ts';
import { tokens } from '../services/rest.ts';
import { type Services, startServices } from '../services/server.ts';
import { type Inputs, startBundle } from '../support/bundle.ts';
import { newWorkspace, removeWorkspace } from '../support/workspace.ts';
import { zipOf } from '../support/zip.ts';

const dir = newWorkspace();
let services: Services;
/** The commit that the run has checked out. */
let sha: string;
const big = Buffer.alloc(3_000_000, 'image');

beforeEach(async () => {
  services = await startServices();
  sha = 'c'.repeat(40);
  writeFileSync(join(dir, 'minimal-1.0~rc1.raw'), big);
  writeFileSync(join(dir, 'minimal.qcow2'), 'qcow2');
});
afterEach(async () => {
  await services.close();
});
afterAll(async () => {
  await removeWorkspace(dir);
});

async function release(inputs: Inputs = {}, more: Record<string, string> = {}) {
  const given = {
    tag: 'v1',
    files: 'minimal-1.0~rc1.raw minimal.qcow2',
    token: tokens.write,
    repository: 'me/distro',
    ...inputs,
  };
  const environment = { ...services.environment('run', 'job'), GITHUB_SHA: sha, ...more };
  return await startBundle('compose-image/release', given, dir, [], environment).ended;
}

const assets = () => services.releases.stored.map(({ assets: all }) => all.map(({ name }) => name).sort());
const names = ['SHA256SUMS', 'minimal-1.0.rc1.raw', 'minimal.qcow2'];
const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('compose-image/release', () => {
  it('publishes the files with their digests, under the names that GitHub gives', async () => {
    const run = await release();
    expect(run.code, run.said).toBe(0);
    const [made] = services.releases.stored;
    expect(made).toMatchObject({ tag_name: 'v1', draft: false });
    expect(assets()).toEqual([names]);
    const sums = made?.assets.find(({ name }) => name === 'SHA256SUMS')?.bytes.toString();
    expect(sums).toBe(`${sha256(big)}  minimal-1.0.rc1.raw\n${sha256('qcow2')}  minimal.qcow2\n`);
    expect(run.outputs['release-url']).toBe('https://github.com/me/distro/releases/tag/v1');
    expect(run.outputs['release-id']).toBe(String(made?.id));
    expect(run.summary).toContain('minimal.qcow2');
    expect(run.said.replace(/^::add-mask::.*$/gm, '')).not.toContain(tokens.write);
  });

  it('run again does nothing', async () => {
    await release();
    const before = services.calls.get('POST assets');
    const run = await release();
    expect(run.code, run.said).toBe(0);
    expect(run.said).toContain('There already: minimal-1.0.rc1.raw, minimal.qcow2, SHA256SUMS');
    expect(services.calls.get('POST assets')).toBe(before);
    expect(services.calls.get('PATCH releases') ?? 0).toBeLessThanOrEqual(1);
    expect(assets()).toEqual([names]);
  });

  it('goes on where it stopped: takes up the draft, keeps what is right, replaces what is not', async () => {
    services.fail({ call: 'POST assets', times: 1, status: 401 });
    expect((await release()).code).toBe(1);
    const [draft] = services.releases.stored;
    expect(draft?.draft).toBe(true);
    draft?.assets.push(
      { id: 900, name: 'minimal.qcow2', size: 0, state: 'starter', digest: null, bytes: Buffer.alloc(0) },
      {
        id: 901,
        name: 'SHA256SUMS',
        size: 5,
        state: 'uploaded',
        digest: 'sha256:x',
        bytes: Buffer.from('other'),
      },
    );
    const run = await release();
    expect(run.code, run.said).toBe(0);
    expect(services.releases.stored).toHaveLength(1);
    expect(services.releases.stored[0]).toMatchObject({ draft: false });
    expect(services.releases.stored[0]?.assets.every(({ state }) => state === 'uploaded')).toBe(true);
    expect(assets()).toEqual([names]);
  });

  it('finds its draft among many releases', async () => {
    for (let at = 0; at < 130; at++)
      services.releases.stored.push({
        id: 5000 + at,
        tag_name: `old-${at}`,
        name: 'x',
        draft: false,
        assets: [],
      });
    services.releases.stored.unshift({ id: 4999, tag_name: 'v1', name: 'v1', draft: true, assets: [] });
    const run = await release();
    expect(run.code, run.said).toBe(0);
    expect(services.releases.stored).toHaveLength(131);
    expect(services.releases.stored[0]).toMatchObject({ id: 4999, draft: false });
  });

  it.each([
    ['an upload that fails', { call: 'POST assets', times: 2, status: 502 }],
    ['an upload without an answer', { call: 'POST assets', times: 1, status: 502, after: true }],
  ])('tries again after %s', async (_, fault) => {
    services.fail(fault);
    const run = await release();
    expect(run.code, run.said).toBe(0);
    expect(assets()).toEqual([names]);
  });

  it('replaces nothing of a published release', async () => {
    await release();
    writeFileSync(join(dir, 'minimal.qcow2'), 'another');
    const run = await release();
    expect(run.code).toBe(1);
    expect(run.said).toContain("The release is published and has another 'minimal.qcow2'");
    expect(
      services.releases.stored[0]?.assets.find(({ name }) => name === 'minimal.qcow2')?.bytes.toString(),
    ).toBe('qcow2');
  });

  it.each([
    [{ token: tokens.read }, 'permissions: contents: write'],
    [{ token: 'wrong' }, "Give a valid token as 'token'"],
    [{ token: '' }, "Input 'token' (TOKEN) is empty"],
    [
      { files: '' },
      "Input 'files' (FILES) is empty, so is 'image-artifacts' (IMAGE_ARTIFACTS), and this run has no artifact",
    ],
    [
      { 'image-artifacts': 'azl-image-x' },
      "'image-artifacts' (IMAGE_ARTIFACTS) is 'azl-image-x', and this run has no artifact of that name",
    ],
    [
      { 'skip-unchanged': 'maybe' },
      "Input 'skip-unchanged' (SKIP_UNCHANGED) is 'maybe', expected true or false",
    ],
    [{ files: 'minimal.qcow2 absent.raw' }, "names 'absent.raw', which is not a file"],
    [{ tag: 'a b' }, "Input 'tag' (TAG) is 'a b'"],
    [{ repository: 'distro' }, 'expected owner/name'],
  ])('says what is wrong with %j', async (inputs, message) => {
    const run = await release(inputs as Inputs);
    expect(run.code).toBe(1);
    expect(run.said).toContain(message);
    expect(services.releases.stored.every(({ draft }) => draft)).toBe(true);
  });
});

describe('the commit that a release is made of', () => {
  const line = (commit: string) => `Built from me/distro@${commit.repeat(40)}`;
  const made = () => services.releases.stored[0];

  it('is where its tag goes, and what it names', async () => {
    expect((await release()).code).toBe(0);
    expect(made()).toMatchObject({ target_commitish: sha, body: line('c') });
  });

  it.each([
    403, 404, 422,
  ])('is named alone, with a warning, where GitHub refuses it with %i', async (status) => {
    services.fail({ call: 'POST releases', times: 1, status });
    const run = await release();
    expect(run.code, run.said).toBe(0);
    expect(run.said).toMatch(
      /^::warning::GitHub lets this job make no tag at commit c{40} .*will be at main/m,
    );
    expect(made()).toMatchObject({ draft: false, body: line('c') });
    expect(made()?.target_commitish).toBeUndefined();
    expect(assets()).toEqual([names]);
  });

  it('brings no warning when the token may make no release at all', async () => {
    const run = await release({ token: tokens.read });
    expect(run.code).toBe(1);
    expect(run.said).not.toContain('::warning');
  });

  it('is no tag in another repository', async () => {
    expect((await release({}, { GITHUB_REPOSITORY: 'me/specs' })).code).toBe(0);
    expect(made()?.target_commitish).toBeUndefined();
    expect(made()?.body).toBe(`Built from me/specs@${sha}`);
  });

  it('of a draft that an earlier run left for its tag gives way to this one', async () => {
    services.fail({ call: 'POST assets', times: 1, status: 401 });
    expect((await release()).code).toBe(1);
    sha = 'd'.repeat(40);
    expect((await release()).code).toBe(0);
    expect(services.releases.stored).toHaveLength(1);
    expect(made()).toMatchObject({ draft: false, target_commitish: sha, body: line('d') });
  });

  it('is named at the end of what somebody wrote into a draft, whose tag goes where they said', async () => {
    const draft = { id: 1, tag_name: 'v1', name: 'v1', draft: true, assets: [] };
    services.releases.stored.push({ ...draft, target_commitish: 'stable', body: 'News\n' });
    const run = await release();
    expect(run.code, run.said).toBe(0);
    const changed = { target_commitish: 'stable', body: `News\n\n${line('c')}` };
    expect(made()).toMatchObject({ ...changed, draft: false });
  });
});

describe('compose-image/release of what other jobs of the run made', () => {
  const put = (name: string, files: Record<string, string>) =>
    services.artifacts.store(
      'run',
      name,
      zipOf(Object.entries(files).map(([file, text]) => ({ name: file, text }))),
      'application/zip',
    );

  it('takes every image of the run when nothing is named, and nothing else', async () => {
    put('azl-image-minimal', { 'minimal-1.raw': 'raw', 'minimal-1.json': '{}' });
    put('azl-image-full', { 'full-1.qcow2': 'qcow2' });
    put('azl-rpms-x86_64', { 'x86_64/a.rpm': 'rpm' });
    const run = await release({ files: '' });
    expect(run.code, run.said).toBe(0);
    expect(assets()).toEqual([['SHA256SUMS', 'full-1.qcow2', 'minimal-1.json', 'minimal-1.raw']]);
    expect(
      services.releases.stored[0]?.assets.find(({ name }) => name === 'minimal-1.raw')?.bytes.toString(),
    ).toBe('raw');
    expect(run.outputs['released']).toBe('true');
    expect(run.said).not.toContain('Deprecation');
  });

  it('takes the artifacts that are named, with the files that are given', async () => {
    put('azl-image-minimal', { 'minimal-1.raw': 'raw' });
    put('azl-image-full', { 'full-1.raw': 'raw' });
    const run = await release({ files: 'minimal.qcow2', 'image-artifacts': 'azl-image-full\n' });
    expect(run.code, run.said).toBe(0);
    expect(assets()).toEqual([['SHA256SUMS', 'full-1.raw', 'minimal.qcow2']]);
  });

  it('refuses two artifacts that hold files of one name', async () => {
    put('azl-image-a', { 'one.raw': 'a' });
    put('azl-image-b', { 'one.raw': 'b' });
    const run = await release({ files: '' });
    expect(run.code).toBe(1);
    expect(run.said).toContain("would both be the asset 'one.raw'");
    expect(services.releases.stored).toEqual([]);
  });

  it('publishes no bytes but those that were uploaded', async () => {
    put('azl-image-a', { 'one.raw': 'a' });
    services.fail({
      call: 'GET blob',
      times: 3,
      change: (answer) => ({ ...answer, bytes: zipOf([{ name: 'one.raw', text: 'forged' }]) }),
    });
    const run = await release({ files: '' });
    expect(run.code).toBe(1);
    expect(run.said).toContain("The artifact 'azl-image-a' has another digest than when it was uploaded");
    expect(services.releases.stored).toEqual([]);
  });
});

describe('compose-image/release with skip-unchanged', () => {
  const nightly = (tag: string) => release({ tag, 'skip-unchanged': 'y' });

  it('makes no second release of the same bytes, and tells the first', async () => {
    const first = await nightly('nightly-1');
    expect(first.outputs['released']).toBe('true');
    const second = await nightly('nightly-2');
    expect(second.code, second.said).toBe(0);
    expect(second.outputs).toEqual({ ...first.outputs, released: 'false' });
    expect(second.said).toContain(
      'Released already, with the same bytes: https://github.com/me/distro/releases/tag/nightly-1',
    );
    expect(services.releases.stored).toHaveLength(1);
  });

  it.each<[string, (made: StoredRelease) => void]>([
    ['a draft', (made) => (made.draft = true)],
    [
      'one with a file more',
      (made) => made.assets.push({ ...(made.assets[0] as never as object), name: 'more' } as never),
    ],
    ['one with a file less', (made) => made.assets.splice(0, 1)],
    [
      'one with other bytes',
      (made) => Object.assign(made.assets[0] as object, { digest: `sha256:${'0'.repeat(64)}` }),
    ],
    ['one whose digests are not known', (made) => Object.assign(made.assets[0] as object, { digest: null })],
  ])('is not deterred by %s', async (_, change) => {
    await nightly('nightly-1');
    change(services.releases.stored[0] as StoredRelease);
    const second = await nightly('nightly-2');
    expect(second.code, second.said).toBe(0);
    expect(second.outputs['released']).toBe('true');
    expect(services.releases.stored).toHaveLength(2);
  });
});
