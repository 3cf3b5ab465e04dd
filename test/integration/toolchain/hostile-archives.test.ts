import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import type { Cache } from '../../../src/shared/github/cache/cache.ts';
import type { Toolchain } from '../../../src/shared/model/toolchain.ts';
import type { Exchange } from '../../../src/shared/shards/transport/exchange.ts';
import { fetchToolchain } from '../../../src/shared/shards/transport/shared-toolchain.ts';
import { archiveFile } from '../../../src/shared/toolchain/archive.ts';
import { lockFile } from '../../../src/shared/toolchain/lock.ts';
import { fetchCachedToolchain } from '../../../src/shared/toolchain/toolchain-cache.ts';
import { workerDigest } from '../../../src/shared/toolchain/worker.ts';
import { mutations } from '../../support/mutations.ts';
import { archive, type Entry, entriesOf, sha256, smallToolchain } from '../../support/packed-toolchain.ts';
import { testWorker } from '../../support/worker.ts';
import { newWorkspace, removeWorkspace } from '../../support/workspace.ts';

const top = newWorkspace();
const outside = join(top, 'outside');
let toolchain: Toolchain;
let contents: Map<string, Buffer>;
let lock: string;
let count = 0;

beforeAll(async () => {
  ({ toolchain, contents } = await smallToolchain());
  lock = readFileSync(join((await testWorker()).dir, '..', lockFile), 'utf8');
  mkdirSync(outside);
  writeFileSync(join(outside, 'canary'), 'safe');
});
afterAll(async () => {
  expect(readdirSync(outside)).toEqual(['canary']);
  expect(readFileSync(join(outside, 'canary'), 'utf8')).toBe('safe');
  await removeWorkspace(top);
});

/** Gives a job what `write` puts into a folder, as an artifact of its run. Returns the message of the error. */
async function asArtifact(write: (dir: string) => void): Promise<string> {
  const dir = join(top, `job-${++count}`);
  const exchange = {
    find: async (name: string) => ({ name }),
    fetch: async (_artifact: unknown, to: string) => {
      mkdirSync(to, { recursive: true });
      write(to);
      return true;
    },
  } as unknown as Exchange;
  const fetched = fetchToolchain('azl-toolchain-1', join(dir, 'toolchain'), exchange, join(dir, 'temp'));
  const error = await fetched.then(
    () => 'nothing',
    (cause: Error) => cause.message,
  );
  expect(readdirSync(dir)).toEqual(['temp']);
  expect(readdirSync(join(dir, 'temp'))).toEqual([]);
  return error;
}

/** Gives a job the same as an entry of the cache, with a lock. Returns its warning. */
async function asCacheEntry(write: (dir: string) => void, lockText = lock): Promise<string> {
  const cacheDir = join(top, `job-${++count}`);
  mkdirSync(cacheDir);
  const cache = {
    fetchNewest: async (_place: string, prefix: string, to: string) => {
      mkdirSync(to, { recursive: true });
      writeFileSync(join(to, lockFile), lockText);
      write(to);
      return `${prefix}1`;
    },
  } as unknown as Cache;
  const log = recordingLog();
  const options = {
    cache,
    cacheDir,
    dir: join(cacheDir, 'toolchain'),
    mode: 'bootstrap' as const,
    onStoreError: 'fail' as const,
    log,
  };
  expect(await fetchCachedToolchain(options)).toBeUndefined();
  expect(readdirSync(cacheDir)).toEqual([]);
  return log.lines.join('\n');
}

/** Gives both kinds of jobs the same archive. Both refuse it: one with an error, one with a warning. */
async function refused(bytes: Buffer): Promise<string> {
  const write = (dir: string) => writeFileSync(join(dir, archiveFile), bytes);
  const warning = await asCacheEntry(write);
  expect(warning).toMatch(/^warning: The toolchain of an earlier run cannot be used: /);
  const error = await asArtifact(write);
  expect(error).toMatch(/^The toolchain in the artifact 'azl-toolchain-1' cannot be used: /);
  return error;
}

const plain = () => entriesOf(toolchain, contents);
const empty = Buffer.alloc(0);
const first = () => plain()[1] as Entry;
/** The sound entries with more behind `toolchain.json`, or at the end. */
const early = (...entries: Entry[]) => [...plain().slice(0, 1), ...entries, ...plain().slice(1)];
const late = (...entries: Entry[]) => [...plain(), ...entries];
/** The sound entries with another first RPM. */
const instead = (...entries: Entry[]) => [...plain().slice(0, 1), ...entries, ...plain().slice(2)];

describe('a packed toolchain', () => {
  it('whose worker is a link to / is refused, wherever that stands', async () => {
    const link: Entry = { path: 'worker', type: 'SymbolicLink', linkpath: '/', content: empty };
    for (const entries of [early(link), late(link), [link, ...plain()]])
      expect(await refused(archive(entries))).toContain("it holds 'worker' (SymbolicLink, 0 bytes)");
  });

  const outsideLink = (path: string, type: 'Link' | 'SymbolicLink' = 'SymbolicLink'): Entry => ({
    ...{ path, type, linkpath: type === 'Link' ? join(outside, 'canary') : outside, content: empty },
  });
  const text = (path: string): Entry => ({ path, content: Buffer.from('x') });

  it.each<[string, () => Entry[]]>([
    ['a folder of RPMs that is a link', () => early(outsideLink('RPMS'))],
    ['a description that is a link', () => [outsideLink('toolchain.json'), ...plain().slice(1)]],
    ['a description that is a hard link', () => [outsideLink('toolchain.json', 'Link'), ...plain().slice(1)]],
    ['an RPM that is a link', () => instead(outsideLink(first().path as string))],
    ['an RPM that is a hard link', () => instead(outsideLink(first().path as string, 'Link'))],
    ['an RPM that is a link, then a file', () => early(outsideLink(first().path as string))],
    ['an RPM that is a pipe', () => instead({ ...first(), type: 'FIFO', size: 0, content: empty })],
    ['a device', () => late({ path: 'null', type: 'CharacterDevice', devmaj: 1, devmin: 3, content: empty })],
    ['a disk', () => late({ path: 'RPMS/disk', type: 'BlockDevice', devmaj: 8, content: empty })],
    ['a path upwards', () => early(text('../outside/x'))],
    ['a path upwards from the RPMs', () => early(text('RPMS/../../outside/x'))],
    ['an absolute path', () => early(text(join(outside, 'x')))],
    ['a set-id program', () => late({ ...text('worker/usr/bin/su'), mode: 0o4755 })],
    ['a folder', () => early({ path: 'RPMS', type: 'Directory', content: empty })],
    ['another spelling of an RPM', () => instead({ ...first(), path: `./${first().path}` })],
    ['an RPM that is not stated', () => late(text('RPMS/x-1-1.noarch.rpm'))],
    ['an RPM twice', () => early(first())],
    ['a description twice', () => late(...plain().slice(0, 1))],
    ['no description', () => plain().slice(1)],
    ['nothing', () => []],
    ['an RPM less', () => instead()],
    ['an RPM that is said to be huge', () => instead({ ...first(), size: 7e9 })],
    ['a description that is said to be huge', () => [{ ...(plain()[0] as Entry), size: 7e9 }]],
    [
      'a longer RPM',
      () => instead({ ...first(), content: Buffer.concat([first().content, Buffer.from('x')]) }),
    ],
    ['a shorter RPM', () => instead({ ...first(), content: first().content.subarray(1) })],
    ['an empty RPM', () => instead({ ...first(), content: empty })],
    [
      'an RPM with other bytes',
      () => instead({ ...first(), content: Buffer.from(first().content).fill(0, 9000, 9100) }),
    ],
    ['an RPM of zeros', () => instead({ ...first(), content: Buffer.alloc(first().content.length) })],
  ])('with %s is refused', async (_what, entries) => {
    expect(await refused(archive(entries()))).not.toMatch(/cannot be used: *$/);
  });

  it('that is cut, compressed or padded is refused', async () => {
    const bytes = archive(plain());
    const cuts = [1, 300, 512, 1000, 5000, bytes.length / 2, bytes.length - 1536].map((length) =>
      bytes.subarray(0, Math.floor(length)),
    );
    const padded = Buffer.concat([bytes, Buffer.alloc(1_000_000)]);
    for (const one of [...cuts, padded, gzipSync(bytes), empty, Buffer.from('{}')]) await refused(one);
  });

  it('is refused with any field of its description of another type, size or form', async () => {
    const all = mutations(toolchain);
    expect(all.length).toBeGreaterThan(300);
    for (const { what, document } of all) {
      const bytes = archive(entriesOf(document, contents));
      const message = await asArtifact((dir) => writeFileSync(join(dir, archiveFile), bytes));
      expect(message, what).toMatch(/^The toolchain in the artifact .* cannot be used: /);
    }
  });

  it('is refused when it states other facts than its RPMs have, with a digest that fits', async () => {
    const [rpm, other] = toolchain.rpms as [Toolchain['rpms'][number], Toolchain['rpms'][number]];
    const stated = (changed: Partial<typeof rpm>) => ({
      ...toolchain,
      rpms: [{ ...rpm, ...changed }, other],
    });
    const provides = stated({ provides: [...rpm.provides, 'zzz'] });
    const digest = stated({ outputDigest: '0'.repeat(64) });
    const files = stated({ files: ['/etc/shadow'] });
    const messages = [
      [await refused(archive(entriesOf(provides, contents))), 'another provides than'],
      [await refused(archive(entriesOf(digest, contents))), 'another outputDigest than'],
      [await refused(archive(entriesOf(files, contents))), 'another files than'],
    ];
    for (const [message, words] of messages) expect(message).toContain(words);
  });

  it('is refused under the name of another RPM, also when size and digest fit', async () => {
    const [rpm, other] = toolchain.rpms as [Toolchain['rpms'][number], Toolchain['rpms'][number]];
    const content = contents.get(other.file) as Buffer;
    const { size, shipDigest } = { size: content.length, shipDigest: sha256(content) };
    const stated = { ...toolchain, worker: [], rpms: [{ ...rpm, size, shipDigest }, other] };
    const swapped = { ...stated, workerDigest: workerDigest([]) };
    const bytes = archive(
      entriesOf(
        swapped,
        new Map([
          [rpm.file, content],
          [other.file, content],
        ]),
      ),
    );
    expect(await asArtifact((dir) => writeFileSync(join(dir, archiveFile), bytes))).toMatch(
      /: RPMS\/bzip2-\S+: not a sound RPM file: its header is that of setup-1\.0-1\.noarch\.rpm\./,
    );
  });
});

describe('what lies in the place of a packed toolchain or its lock', () => {
  it.each<[string, (path: string) => void]>([
    ['a link', (path) => symlinkSync(join(outside, 'canary'), path)],
    ['a link to a device', (path) => symlinkSync('/dev/zero', path)],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
    ['a folder', (path) => mkdirSync(path)],
    ['nothing', () => {}],
  ])('is refused when it is %s', async (_what, write) => {
    const atArchive = (dir: string) => write(join(dir, archiveFile));
    expect(await asArtifact(atArchive)).not.toBe('nothing');
    expect(await asCacheEntry(atArchive)).toMatch(/cannot be used/);
    const atLock = (dir: string) => {
      execFileSync('rm', [join(dir, lockFile)]);
      write(join(dir, lockFile));
    };
    const warning = await asCacheEntry(atLock);
    expect(warning).toMatch(/cannot be used/);
    expect(warning).not.toContain('safe');
  });

  it('is refused when the lock is of other packages than the RPMs', async () => {
    const write = (dir: string) => writeFileSync(join(dir, archiveFile), archive(plain()));
    expect(await asCacheEntry(write)).toContain('it has other RPMs than its lock');
  });
});
