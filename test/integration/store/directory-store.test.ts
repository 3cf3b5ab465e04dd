import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { textDigest } from '../../../src/shared/host/digests.ts';
import type { Result } from '../../../src/shared/model/build-result.ts';
import { DirectoryStore } from '../../../src/shared/store/directory-store.ts';
import { DamagedResultError } from '../../../src/shared/store/store.ts';
import { madeKey, madeResult } from '../../support/made-result.ts';
import { storeContract } from './contract.ts';

const top = mkdtempSync(join(tmpdir(), 'azl-store-'));
const key = madeKey('ab');
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(top, 'store-'));
});
afterAll(() => rmSync(top, { recursive: true }));

async function keep(bytes: string, replace = false): Promise<Result> {
  const files = mkdtempSync(join(top, 'files-'));
  const result = await madeResult(files, key, bytes);
  const kept = await new DirectoryStore(dir).put(result, files, replace);
  expect(existsSync(files)).toBe(false);
  return kept;
}

const place = () => join(dir, 'results', key.slice(0, 2), key);
const rpmFile = 'app-1.0-1.x86_64.rpm';
const srpmFile = 'app-1.0-1.src.rpm';

describe('a store in a folder', () => {
  describe('keeps the promises of a store', () => {
    storeContract(() => {
      const kept = mkdtempSync(join(top, 'store-'));
      return async () => ({ store: new DirectoryStore(kept), saved: async () => {}, end: async () => {} });
    });
  });

  it.each<[string, () => void, RegExp]>([
    [
      'a manifest cut short',
      () => truncateSync(join(place(), 'result.json'), 40),
      /result\.json is not what was stored/,
    ],
    [
      'an empty manifest',
      () => truncateSync(join(place(), 'result.json')),
      /result\.json is not what was stored/,
    ],
    ['no manifest', () => unlinkSync(join(place(), 'result.json')), /result\.json is not what was stored/],
    [
      'a changed manifest',
      () =>
        writeFileSync(
          join(place(), 'result.json'),
          readFileSync(join(place(), 'result.json'), 'utf8').replace('"app = 1.0-1"', '"ape = 1.0-1"'),
        ),
      /result\.json is not what was stored/,
    ],
    [
      'an empty digest',
      () => truncateSync(join(place(), 'result.sha256')),
      /result\.json is not what was stored/,
    ],
    ['a missing RPM', () => unlinkSync(join(place(), rpmFile)), /app-1\.0-1\.x86_64\.rpm is missing/],
    ['a short RPM', () => truncateSync(join(place(), rpmFile), 1), /has 1 bytes instead of \d+/],
    ['a changed RPM', () => writeFileSync(join(place(), srpmFile), 'two'), /another SHA-256/],
  ])('finds %s, and remembers the rest when that is dropped', async (_name, damage, words) => {
    await keep('one');
    damage();
    const store = new DirectoryStore(dir);
    const look = async () => {
      const found = await store.get(key, 'app');
      if (found !== undefined) await store.open(found);
    };
    await expect(look()).rejects.toThrow(DamagedResultError);
    await expect(look()).rejects.toThrow(/^the stored result of app \(key [0-9a-f]{12}…\) is damaged/);
    await expect(look()).rejects.toThrow(words);
    await store.drop(key);
    expect(await store.get(key, 'app')).toBeUndefined();
    expect((await store.latest('app'))?.key).toBe(key);
    expect((await keep('new')).srpm.shipDigest).toBe(textDigest('new'));
  });

  it('lets the first whole result stay, for whoever reads it, unless it is to be replaced', async () => {
    await keep('one');
    expect((await keep('two')).srpm.shipDigest).toBe(textDigest('one'));
    expect(readFileSync(join(place(), srpmFile), 'utf8')).toBe('one');
    expect((await keep('two', true)).srpm.shipDigest).toBe(textDigest('two'));
    expect(readFileSync(join(place(), srpmFile), 'utf8')).toBe('two');
    expect((await new DirectoryStore(dir).latest('app'))?.key).toBe(key);
  });

  it('lets a whole result take the place of a damaged one, and of one without a digest', async () => {
    await keep('one');
    writeFileSync(join(place(), rpmFile), 'xxx');
    expect((await keep('two')).srpm.shipDigest).toBe(textDigest('two'));
    unlinkSync(join(place(), 'result.sha256'));
    expect(await new DirectoryStore(dir).get(key, 'app')).toBeUndefined();
    expect((await keep('six')).srpm.shipDigest).toBe(textDigest('six'));
  });

  it('removes what dead processes left half-moved, and nothing that a living one is at', async () => {
    mkdirSync(join(dir, `results/${key.slice(0, 2)}/x.4194999-00000000.part`), { recursive: true });
    mkdirSync(join(dir, `results/${key.slice(0, 2)}/y.${process.pid}-00000000.part`));
    await keep('one');
    expect(readdirSync(join(dir, `results/${key.slice(0, 2)}`)).sort()).toEqual([
      key,
      `y.${process.pid}-00000000.part`,
    ]);
  });
});
