import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTool } from '../../../src/shared/host/process.ts';
import type { JobOptions } from '../../services/job.ts';
import { tokens } from '../../services/rest.ts';
import { type Services, startServices } from '../../services/server.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const script = fileURLToPath(new URL('../../support/cache-job.ts', import.meta.url));
const temporary = temporaryFolders();
const pull = { ref: 'refs/pull/7/merge', base: 'next' };
let services: Services;
let dir: string;

beforeEach(async () => {
  services = await startServices();
  dir = temporary();
  write('one', 'one');
});
afterEach(async () => {
  await services.close();
});

function write(name: string, bytes: string | Buffer): void {
  mkdirSync(dirname(join(dir, 'kept', name)), { recursive: true });
  writeFileSync(join(dir, 'kept', name), bytes);
}

/** What GitHub's library answers in a job, and what it says, debug messages apart. */
async function job(
  verb: 'save' | 'restore' | 'look-up',
  key: string | string[],
  options: JobOptions = {},
  path = 'kept',
) {
  const env = {
    ...{ PATH: process.env['PATH'] ?? '', HOME: dir, GITHUB_WORKSPACE: dir, RUNNER_TEMP: join(dir, 'temp') },
    ...services.environment('run', 'job', options),
  };
  const argv = [process.execPath, script, verb, path, ...[key].flat()];
  const lines = (await runTool(argv, { cwd: dir, env })).stdout.trimEnd().split('\n');
  const { answer } = JSON.parse(lines.pop() as string) as { answer?: string | number };
  return {
    answer,
    said: lines.filter((line) => !/^(::debug::|::add-mask::|\[command\])/.test(line)).join('\n'),
  };
}

const save = async (key: string, options?: JobOptions) => (await job('save', key, options)).answer;
const find = async (key: string | string[], options?: JobOptions) =>
  (await job('look-up', key, options)).answer;

describe('GitHub’s library', () => {
  it('saves once, and says of a second time only that it did not', async () => {
    expect(await save('k')).toBe(1);
    expect(await job('save', 'k')).toEqual({
      answer: -1,
      said: 'Failed to save: Unable to reserve cache with key k, another job may be creating this cache.',
    });
    expect(services.caches.keys('refs/heads/main')).toEqual(['k']);
  });

  it('finds by key, by what a key begins with, and by the same path alone', async () => {
    await save('azl-1');
    expect(await find('azl-1')).toBe('azl-1');
    expect(await find('azl-')).toBe('azl-1');
    expect(await find(['other', 'az'])).toBe('azl-1');
    expect(await find('azl-2')).toBeUndefined();
    expect((await job('look-up', 'azl-1', {}, './kept')).answer).toBeUndefined();
  });

  it('brings 40 MB back as they were', async () => {
    const bytes = randomBytes(40_000_000);
    write('deep/two', bytes);
    expect(await save('k')).toBe(1);
    expect(services.caches.bytes()).toBeGreaterThan(40_000_000);
    rmSync(join(dir, 'kept'), { recursive: true });
    const restored = await job('restore', 'k');
    expect(restored.answer, restored.said).toBe('k');
    const digest = (of: Buffer) => createHash('sha256').update(of).digest('hex');
    expect(digest(readFileSync(join(dir, 'kept/deep/two')))).toBe(digest(bytes));
    expect(readFileSync(join(dir, 'kept/one'), 'utf8')).toBe('one');
  });

  it('sees base and default branch from a pull request, and a pull request from nowhere else', async () => {
    await save('main');
    await save('next', { ref: 'refs/heads/next' });
    await save('pull', pull);
    for (const key of ['main', 'next', 'pull']) expect(await find(key, pull), key).toBe(key);
    for (const key of ['next', 'pull']) expect(await find(key), key).toBeUndefined();
    expect(await find('pull', { ...pull, ref: 'refs/pull/8/merge' })).toBeUndefined();
    expect(services.caches.keys('refs/pull/7/merge')).toEqual(['pull']);
  });

  it('finds what was saved a while ago', async () => {
    services.caches.visibleAfter = 240_000;
    await save('k');
    expect(await find('k')).toBeUndefined();
    expect(await save('k')).toBe(-1);
    services.caches.now = () => new Date(Date.now() + 240_000);
    expect(await find('k')).toBe('k');
  });
});

describe('what goes wrong is a miss to GitHub’s library, which says', () => {
  const limits = (some: Partial<Services['caches']['limits']>) => Object.assign(services.caches.limits, some);
  it.each<[string, 'save' | 'restore', JobOptions, () => void, RegExp]>([
    [
      'that a token may not save',
      'save',
      { write: false },
      () => {},
      /^::warning::Failed to save: Unable to reserve cache with key other. More details: cache write denied: token/,
    ],
    [
      'that a token may not read',
      'restore',
      { read: false },
      () => {},
      /^::warning::Failed to restore: .*\(403\) Forbidden: cache read denied: token has no readable scopes$/,
    ],
    [
      'when look-ups are allowed again',
      'restore',
      {},
      () => limits({ lookUps: 0 }),
      /^::warning::You've hit a rate limit, .* in 60 seconds\n::warning::Failed to restore: .*\(429\)/,
    ],
    [
      'when uploads are allowed again',
      'save',
      {},
      () => limits({ uploads: 0 }),
      /^::warning::You've hit a rate limit, .* in (?:60|[1-5]?\d) seconds\nFailed to save: .*, another job may be/,
    ],
    [
      'that a download ended early',
      'restore',
      {},
      () => services.fail({ call: 'GET blob', times: 1, truncate: 20 }),
      /^Cache hit for: k\n::warning::Failed to restore: aborted$/,
    ],
    [
      'that an archive is none',
      'restore',
      {},
      () => services.caches.corrupt('k', (bytes) => bytes.subarray(0, 40)),
      /::warning::Failed to restore: .*tar.* failed with exit code 2$/,
    ],
    [
      'that an upload was refused',
      'save',
      {},
      () => services.fail({ call: 'PUT blob', times: 1, status: 403 }),
      /::warning::Failed to save: .*a fault on demand: 403/,
    ],
  ])('%s', async (_, verb, options, spoil, words) => {
    await save('k');
    spoil();
    const { answer, said } = await job(verb, verb === 'save' ? 'other' : 'k', options);
    expect(answer).toBe(verb === 'save' ? -1 : undefined);
    expect(said).toMatch(words);
    expect(services.caches.keys()).toEqual(['k']);
  });

  it('that it asks again after 500, and then gets its answer', async () => {
    await save('k');
    services.fail({ call: 'GetCacheEntryDownloadURL', times: 1, status: 500 });
    const { answer, said } = await job('restore', 'k');
    expect(answer).toBe('k');
    expect(said).toContain('Attempt 1 of 5 failed with error: Failed request: (500)');
  });
});

describe('GitHub’s list of caches', () => {
  const list = async (query = '', token = tokens.actions) =>
    await fetch(`${services.address}/repos/me/distro/actions/caches${query}`, {
      headers: { authorization: `Bearer ${token}` },
    });
  const keys = async (query?: string) =>
    ((await (await list(query)).json()) as { actions_caches: { key: string }[] }).actions_caches.map(
      ({ key }) => key,
    );

  it('has the entries of all refs, those that were read last first', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    services.caches.now = () => new Date(now++);
    for (const [key, options] of [
      ['azl-1', {}],
      ['azl-2', pull],
      ['b', {}],
    ] as const) {
      await save(key, options);
      now += 10_000;
    }
    await find('azl-1');
    const answer = await (await list('?key=azl-&per_page=1')).json();
    expect(answer).toMatchObject({
      total_count: 2,
      actions_caches: [{ id: 1, ref: 'refs/heads/main', key: 'azl-1', created_at: '2026-01-01T00:00:00Z' }],
    });
    expect(await keys()).toEqual(['azl-1', 'b', 'azl-2']);
    expect(await keys('?sort=created_at&direction=asc')).toEqual(['azl-1', 'azl-2', 'b']);
    expect(await keys(`?ref=${pull.ref}`)).toEqual(['azl-2']);
    const first = await list('?per_page=2');
    expect(first.headers.get('link')).toContain('page=2>; rel="next"');
    expect(await keys('?per_page=2&page=2')).toEqual(['azl-2']);
  });

  it('is for tokens with `actions: read`', async () => {
    for (const token of [tokens.read, tokens.write]) {
      const answer = await list('', token);
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({ message: 'Resource not accessible by integration' });
    }
    expect((await list('', 'another')).status).toBe(401);
  });

  it('asked otherwise than GitHub describes it is a violation, which is reported again at the end', async () => {
    const answer = await list('?keys=azl-');
    expect(answer.status).toBe(500);
    expect(await answer.text()).toContain('the query of actions/get-actions-cache-list');
    await expect(services.close()).rejects.toThrow('not as GitHub describes it');
    services = await startServices();
  });
});
