import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setDebugSink } from '../../../src/shared/base/debug.ts';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { actionsCache } from '../../../src/shared/github/cache/actions-cache.ts';
import { CacheUnavailableError, DamagedEntryError } from '../../../src/shared/github/cache/cache.ts';
import { runTool } from '../../../src/shared/host/process.ts';
import type { JobOptions } from '../../services/job.ts';
import { type Services, startServices } from '../../services/server.ts';
import { temporaryFolders } from '../../support/temporary.ts';
import { cachedStoreContract } from '../store/contract.ts';

const temporary = temporaryFolders();
const lookUp = 'GetCacheEntryDownloadURL';
let services: Services;
let workspace: string;

async function save(key: string, text = key): Promise<void> {
  const root = temporary();
  writeFileSync(join(root, 'file'), text);
  await actionsCache(recordingLog()).save('place', key, root, ['file']);
}

/** What the job may do from now on. */
function allow(options: JobOptions): void {
  for (const [name, value] of Object.entries(services.environment('run', 'job', options)))
    vi.stubEnv(name, value);
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
  // The library looks for what to save where its job runs.
  vi.spyOn(process, 'cwd').mockReturnValue(workspace);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await services.close();
});

const fetched = async (key = 'key') => {
  const dir = join(temporary(), 'fetched');
  const there = await actionsCache(recordingLog()).fetch('place', key, dir);
  return there ? readFileSync(join(dir, 'file'), 'utf8') : existsSync(dir);
};

describe('a store over the cache of GitHub Actions keeps the promises of a store', () => {
  cachedStoreContract(() => actionsCache(recordingLog()));
});

describe('the cache of GitHub Actions', () => {
  it('writes each call with its answer to the debug log', async () => {
    const lines: string[] = [];
    setDebugSink((message) => lines.push(message.replace(/ \([\d.]+ s\)/, '')));
    try {
      await save('key');
      await fetched();
      await fetched('absent');
    } finally {
      setDebugSink(undefined);
    }
    expect(lines.filter((line) => line.startsWith('cache: '))).toEqual([
      'cache: save key: done',
      'cache: key: fetched',
      'cache: absent: no such entry',
    ]);
  });

  it('gives back what was saved, and leaves nothing of it in the workspace', async () => {
    await save('key');
    expect(await fetched()).toBe('key');
    expect(existsSync(join(workspace, '.azl-cache/place'))).toBe(false);
  });

  it('has no entry under another key or at another place', async () => {
    await save('key-1');
    expect(await fetched('key')).toBe(false);
    expect(await actionsCache(recordingLog()).fetch('other', 'key-1', join(temporary(), 'x'))).toBe(false);
  });

  it('answers the newest under a prefix by its key', async () => {
    await save('key-1');
    await save('key-2');
    const dir = join(temporary(), 'fetched');
    expect(await actionsCache(recordingLog()).fetchNewest('place', 'key-', dir)).toBe('key-2');
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

  it.each<[string, JobOptions]>([
    ['token may not read', { read: false }],
    ['cache mode is none', { mode: 'none' }],
    ['cache mode is write-only', { mode: 'write-only' }],
  ])('has nothing where the %s, says so once and asks no more', async (_what, options) => {
    await save('key');
    allow(options);
    const log = recordingLog();
    const cache = actionsCache(log);
    expect(cache.readable).toBe(true);
    const [dir, calls] = [join(temporary(), 'x'), services.calls.get(lookUp) ?? 0];
    expect(await cache.fetch('place', 'key', dir)).toBe(false);
    expect(cache.readable).toBe(false);
    expect(await cache.fetch('place', 'key', dir)).toBe(false);
    expect(await cache.fetchNewest('place', 'ke', dir)).toBeUndefined();
    expect(log.lines).toHaveLength(1);
    expect(log.lines.join()).toMatch(
      /^warning: The cache may not be read, .*: .*(?:denied|does not permit reads)/,
    );
    expect((services.calls.get(lookUp) ?? 0) - calls).toBeLessThan(2);
  });

  it.each<[string, JobOptions]>([
    ['token may not save', { write: false }],
    ['cache mode is none', { mode: 'none' }],
    ['cache mode is read', { mode: 'read' }],
  ])('tells no save as done where the %s', async (_what, options) => {
    allow(options);
    const root = temporary();
    writeFileSync(join(root, 'file'), 'one');
    const saving = actionsCache(recordingLog()).save('place', 'key', root, ['file']);
    await expect(saving).rejects.toThrow(CacheUnavailableError);
    await expect(saving).rejects.toThrow(/write denied|does not permit writes/);
    expect(services.caches.keys()).toEqual([]);
  });

  it('has a broken entry where tar makes nothing of it, and gives up on that soon', async () => {
    await save('key');
    services.caches.corrupt('key', () => Buffer.from('no archive'));
    await expect(fetched()).rejects.toThrow(DamagedEntryError);
  });

  describe('with an entry whose archive a stranger made', () => {
    /** Fetches an entry in whose archive `make` puts members, relative to a folder. @returns its canary, in the end */
    async function fetchHostile(make: (dir: string) => string): Promise<string> {
      await save('key');
      const dir = temporary();
      const canary = join(temporary(), 'canary');
      writeFileSync(canary, 'untouched');
      mkdirSync(join(dir, '.azl-cache/place'), { recursive: true });
      writeFileSync(join(dir, '.azl-cache/place/file'), 'key');
      const script = `set -e; cd '${dir}'; canary='${canary}'; P=.azl-cache/place\n${make(dir)}`;
      await runTool(['sh', '-c', `${script}\nzstd -q --long=30 -f hostile.tar -o hostile.zst`]);
      services.caches.corrupt('key', () => readFileSync(join(dir, 'hostile.zst')));
      // What is refused by its name alone is left out.
      const text = await fetched().catch((error) => error.constructor);
      expect([DamagedEntryError, 'key']).toContain(text);
      expect(existsSync(join(workspace, '.azl-cache/place'))).toBe(false);
      expect(readdirSync(workspace).filter((name) => !/^[\da-f-]{36}$/.test(name))).toEqual(['.azl-cache']);
      return readFileSync(canary, 'utf8');
    }
    const pack = 'tar -cPf hostile.tar';

    it.each<[string, string]>([
      ['an absolute path', `echo evil > evil; ${pack} --transform "s|^evil|$canary|" evil`],
      [
        'a path with ..',
        `echo evil > evil; ${pack} --transform "s|^evil|../../../../../../$canary|" $P evil`,
      ],
      ['a path below another folder', `echo evil > evil; ${pack} evil`],
      [
        'a link, and a file through it',
        `ln -s "$(dirname "$canary")" $P/out; mkdir in; echo evil > in/canary
         tar -cPf hostile.tar $P; tar -rPf hostile.tar --transform "s|^in|$P/out|" in/canary`,
      ],
      [
        'a link in place of the folder, and a file through it',
        `rm -r $P; ln -s "$(dirname "$canary")" $P; mkdir in; echo evil > in/canary
         tar -cPf hostile.tar $P; tar -rPf hostile.tar --transform "s|^in|$P|" in/canary`,
      ],
      [
        'a link in place of all folders',
        `rm -r .azl-cache; ln -s "$(dirname "$canary")" .azl-cache; ${pack} .azl-cache`,
      ],
      [
        'a hard link to a file of the host',
        `ln "$canary" hard; ${pack} "$canary" hard; tar --delete -f hostile.tar "$canary"; tar -rPf hostile.tar $P`,
      ],
      ['a pipe', `mkfifo $P/pipe; ${pack} $P`],
    ])('writes nothing elsewhere: %s', async (_what, make) => {
      expect(await fetchHostile(() => make)).toBe('untouched');
    });
  });

  it('removes a link that a checkout has in place of its folder', async () => {
    const elsewhere = temporary();
    symlinkSync(elsewhere, join(workspace, '.azl-cache'));
    await save('key');
    expect(await fetched()).toBe('key');
    expect(readdirSync(elsewhere)).toEqual([]);
  });
});
