import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runTool } from '../../../src/shared/host/process.ts';
import { actionsCache } from '../../../src/shared/store/actions-cache.ts';
import { BrokenEntry, CacheTrouble } from '../../../src/shared/store/cache.ts';
import { type Services, startServices } from '../../services/server.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const script = fileURLToPath(new URL('../../support/cache-job.ts', import.meta.url));
const temporary = temporaryFolders();
const lookUp = 'GetCacheEntryDownloadURL';
let services: Services;
let workspace: string;

/** In this process the library runs where the tests do: so an entry is saved by a job of its own. */
async function save(key: string, text = key): Promise<void> {
  const dir = join(workspace, '.azl-cache', 'place');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'file'), text);
  const env = { ...(process.env as Record<string, string>) };
  await runTool([process.execPath, script, 'save', '.azl-cache/place', key], { cwd: workspace, env });
}

beforeEach(async () => {
  services = await startServices();
  workspace = temporary();
  const environment = {
    ...services.environment('run', 'job'),
    GITHUB_WORKSPACE: workspace,
    RUNNER_TEMP: workspace,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await services.close();
});

const fetched = async (key = 'key') => {
  const dir = join(temporary(), 'fetched');
  const there = await actionsCache().fetch('place', key, dir);
  return there ? readFileSync(join(dir, 'file'), 'utf8') : existsSync(dir);
};

describe('the cache of GitHub Actions', () => {
  it('gives back what was saved, and leaves nothing of it in the workspace', async () => {
    await save('key');
    expect(await fetched()).toBe('key');
    expect(existsSync(join(workspace, '.azl-cache/place'))).toBe(false);
  });

  it('has no entry under another key or at another place', async () => {
    await save('key-1');
    expect(await fetched('key')).toBe(false);
    expect(await actionsCache().fetch('other', 'key-1', join(temporary(), 'x'))).toBe(false);
  });

  it('answers the newest under a prefix by its key', async () => {
    await save('key-1');
    await save('key-2');
    const dir = join(temporary(), 'fetched');
    expect(await actionsCache().fetchNewest('place', 'key-', dir)).toBe('key-2');
    expect(readFileSync(join(dir, 'file'), 'utf8')).toBe('key-2');
  });

  it.each<[string, Parameters<Services['fail']>[0]]>([
    ['429', { call: lookUp, times: 1, status: 429, headers: { 'retry-after': '1' } }],
    ['500', { call: lookUp, times: 1, status: 500 }],
    ['a download cut short', { call: 'GET blob', times: 1, truncate: 10 }],
    ['a download that is an error', { call: 'GET blob', times: 1, status: 404 }],
    ['an answer that is late', { call: lookUp, times: 1, delay: 3000 }],
  ])('is asked again after %s', async (_what, fault) => {
    await save('key');
    services.fail(fault);
    expect(await fetched()).toBe('key');
  });

  it('takes the entry of a wrong key for none', async () => {
    await save('key');
    const change = ({ body, ...answer }: { body?: unknown; status: number }) => ({
      ...answer,
      body: { ...(body as object), matched_key: 'another' },
    });
    services.fail({ call: lookUp, times: 9, change });
    expect(await fetched()).toBe(false);
  });

  it('has no answer where the token may not read', async () => {
    await save('key');
    for (const [name, value] of Object.entries(services.environment('run', 'job', { read: false })))
      vi.stubEnv(name, value);
    await expect(fetched()).rejects.toThrow(CacheTrouble);
  });

  it('has a broken entry where tar makes nothing of it, and gives up on that soon', async () => {
    await save('key');
    services.caches.corrupt('key', () => Buffer.from('no archive'));
    await expect(fetched()).rejects.toThrow(BrokenEntry);
  });
});
