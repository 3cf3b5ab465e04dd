import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Blobs } from '../../services/blobs.ts';
import { Caches } from '../../services/caches.ts';
import type { CacheScope } from '../../services/job.ts';

const version = 'a0'.repeat(32);
const scope = (ref: string, read = true, write = false): CacheScope => ({ ref, read, write });
const main = [scope('main', true, true)];
const pull = [scope('pull', true, true), scope('base'), scope('main')];
let caches: Caches;
let blobs: Blobs;
let now: number;

beforeEach(() => {
  blobs = new Blobs(() => 'http://127.0.0.1');
  caches = new Caches(blobs);
  now = Date.parse('2026-01-01T00:00:00Z');
  caches.now = () => new Date(now);
});

const call = (method: string, body: Record<string, unknown>, scopes: readonly CacheScope[] = main) =>
  caches.call(method, { version, ...body }, { scopes });
/** The body of an answer with status 200. */
const answered = (...parameters: Parameters<typeof call>) => {
  const answer = call(...parameters);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as Record<string, string | boolean>;
};
/** Uploads and finishes an entry. */
const save = (key: string, scopes = main, size = 10) => {
  const { signed_upload_url: address } = answered('CreateCacheEntry', { key }, scopes);
  blobs.put(new URL(address as string).pathname.replace('/blobs/', ''), Buffer.alloc(size));
  answered('FinalizeCacheEntryUpload', { key, size_bytes: String(size) }, scopes);
  now += 1000;
};
const find = (key: string, others: string[] = [], scopes = main) =>
  answered('GetCacheEntryDownloadURL', { key, restore_keys: others }, scopes)['matched_key'];

describe('a call of the cache service', () => {
  const reserve = (body: object) => () => call('CreateCacheEntry', { key: 'k', ...body });
  const look = (body: object) => () => call('GetCacheEntryDownloadURL', { key: 'k', ...body });
  it.each([
    ['a field in camel case', look({ restoreKeys: [] }), 'unknown field restoreKeys'],
    ['a field of another method', reserve({ size_bytes: '1' }), 'unknown field size_bytes'],
    ['no key', reserve({ key: undefined }), 'missing'],
    ['an empty key', reserve({ key: '' }), 'missing'],
    ['a long key', reserve({ key: 'k'.repeat(513) }), '512'],
    ['a key with a comma', look({ restore_keys: ['a,b'] }), 'comma'],
    ['eleven keys', look({ restore_keys: 'abcdefghij'.split('') }), '10 keys'],
    ['one restore key', look({ restore_keys: 'a' }), 'no list'],
    ['a short version', reserve({ version: 'a0' }), '64 hex digits'],
    ['a version that is no digest', look({ version: 'x'.repeat(64) }), '64 hex digits'],
    ['a size as a number', () => call('FinalizeCacheEntryUpload', { key: 'k', size_bytes: 10 }), 'no string'],
  ])('is refused for %s', (_, bad, words) => {
    expect(bad).toThrow(words);
  });

  it('is taken with ten keys of 512 characters', () => {
    const key = 'k'.repeat(512);
    expect(find(key, Array(9).fill(key))).toBe('');
  });

  it('ends an upload of another size, or of nothing, in no entry', () => {
    answered('CreateCacheEntry', { key: 'k' });
    expect(() => call('FinalizeCacheEntryUpload', { key: 'k', size_bytes: '10' })).toThrow('undefined');
    blobs.put('caches/1', Buffer.alloc(9));
    expect(() => call('FinalizeCacheEntryUpload', { key: 'k', size_bytes: '10' })).toThrow('uploaded 9');
    expect(call('FinalizeCacheEntryUpload', { key: 'other', size_bytes: '9' }).status).toBe(404);
    expect(caches.keys()).toEqual([]);
  });
});

describe('an entry', () => {
  it('is one by key without regard to case, version and ref', () => {
    save('Key');
    for (const key of ['Key', 'key']) {
      expect(call('CreateCacheEntry', { key }).body).toEqual({
        code: 'already_exists',
        msg: 'cache entry with the same key, version, and scope already exists',
      });
    }
    save('key', pull);
    expect(call('CreateCacheEntry', { key: 'key', version: 'b0'.repeat(32) }).status).toBe(200);
    expect(caches.keys()).toEqual(['Key', 'key']);
    expect(caches.keys('pull')).toEqual(['key']);
  });

  it('is taken and hidden until its upload has ended', () => {
    answered('CreateCacheEntry', { key: 'k' });
    expect(call('CreateCacheEntry', { key: 'k' }).status).toBe(409);
    expect(find('k')).toBe('');
    caches.remove('k');
    save('k');
    expect(find('k')).toBe('k');
  });

  it('is found a while after its upload has ended', () => {
    caches.visibleAfter = 5000;
    save('k');
    expect(find('k')).toBe('');
    expect(call('CreateCacheEntry', { key: 'k' }).status).toBe(409);
    now += 4000;
    expect(find('k')).toBe('k');
  });

  it('is forgotten when nobody has read it for seven days', () => {
    save('read');
    save('unread');
    now += 6 * 24 * 3600_000;
    find('read');
    now += 2 * 24 * 3600_000;
    expect(find('unread')).toBe('');
    expect(caches.keys()).toEqual(['read']);
  });

  it('goes for newer ones when there is no room: those that were read last stay', () => {
    caches.limits.bytes = 30;
    for (const key of ['a', 'b', 'c']) save(key);
    find('a');
    now += 1000;
    save('d', main, 15);
    expect(caches.keys()).toEqual(['a', 'd']);
    expect(caches.bytes()).toBe(25);
    expect(blobs.get('caches/2')).toBeUndefined();
  });

  it('is changed where a test says so', () => {
    save('k');
    caches.corrupt('k', (bytes) => bytes.subarray(1));
    expect(blobs.get('caches/1')).toHaveLength(9);
  });
});

describe('a look-up', () => {
  it.each([
    ['the key itself before a newer one that it begins', ['k', 'k-1'], 'k', [], 'k'],
    ['the newest that the key begins', ['k-1', 'k-2'], 'k-', [], 'k-2'],
    ['what the key begins before a restore key itself', ['r', 'k-1'], 'k', ['r'], 'k-1'],
    ['restore keys in their order', ['s', 'r-1'], 'k', ['r', 's'], 'r-1'],
    ['a restore key itself before a newer one', ['r', 'r-1'], 'k', ['r'], 'r'],
    ['a key in other case', ['Key'], 'kEY', [], 'Key'],
    ['nothing by the end of a key', ['my-k'], 'k', [], ''],
  ])('finds %s', (_, saved, key, others, found) => {
    for (const one of saved) save(one);
    expect(find(key, others)).toBe(found);
  });

  it('goes over own ref, base and default branch, with all keys in each', () => {
    save('k', main);
    save('r', [scope('base', true, true)]);
    expect(find('k', ['r'], pull)).toBe('r');
    save('r-1', pull);
    expect(find('k', ['r'], pull)).toBe('r-1');
    expect(find('k', [], pull)).toBe('k');
  });

  it('sees nothing of other versions and refs', () => {
    save('k', pull);
    expect(find('k')).toBe('');
    expect(answered('GetCacheEntryDownloadURL', { key: 'k', version: 'b0'.repeat(32) }, pull)).toEqual({
      ...{ ok: false, signed_download_url: '', matched_key: '' },
    });
  });

  it('finds whatever was saved, or another that its key begins', () => {
    const key = fc.string({ unit: fc.constantFrom('a', 'B', 'b', '-'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.uniqueArray(key, { selector: (one) => one.toLowerCase() }), key, (saved, wanted) => {
        caches = new Caches(blobs);
        caches.now = () => new Date(now);
        for (const one of saved) save(one);
        const begins = saved.filter((one) => one.toLowerCase().startsWith(wanted.toLowerCase()));
        const exact = begins.find((one) => one.length === wanted.length);
        expect(find(wanted)).toBe(exact ?? begins.at(-1) ?? '');
      }),
    );
  });
});

describe('a token', () => {
  it('without a scope to save to gets an answer that says so and is no error', () => {
    expect(answered('CreateCacheEntry', { key: 'k' }, [scope('main')])).toMatchObject({
      ok: false,
      message: 'cache write denied: token has no writable scopes',
    });
  });

  it('without a scope to read is refused', () => {
    expect(call('GetCacheEntryDownloadURL', { key: 'k' }, [scope('main', false, true)])).toEqual({
      status: 403,
      body: { code: 'permission_denied', msg: 'cache read denied: token has no readable scopes' },
    });
  });
});

describe('a minute', () => {
  it.each([
    ['200 uploads', 'CreateCacheEntry', 200],
    ['1500 look-ups', 'GetCacheEntryDownloadURL', 1500],
  ])('has %s, and the next one comes when the first is a minute old', (_, method, most) => {
    for (let at = 0; at < most; at++) expect(call(method, { key: `k${at}` }).status).toBe(200);
    now += 20_000;
    expect(call(method, { key: 'more' })).toMatchObject({ status: 429, headers: { 'retry-after': '40' } });
    now += 40_000;
    expect(call(method, { key: 'more' }).status).toBe(200);
  });
});
