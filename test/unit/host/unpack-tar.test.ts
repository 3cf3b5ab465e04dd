import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { Header, type HeaderData } from 'tar';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type TarEntry, unpackTar } from '../../../src/shared/host/unpack-tar.ts';

const top = mkdtempSync(join(tmpdir(), 'azl-unpack-'));
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(top, 'one-'));
});
afterAll(() => rmSync(top, { recursive: true }));

/** The bytes of one entry. */
function entry(fields: HeaderData, content = ''): Buffer {
  const block = Buffer.alloc(512);
  new Header({ mode: 0o644, type: 'File', size: content.length, ...fields }).encode(block);
  return Buffer.concat([block, Buffer.from(content), Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

const end = Buffer.alloc(1024);
const large = 'x'.repeat(200_000);
const sound = Buffer.concat([entry({ path: 'note.txt' }, 'hello'), entry({ path: 'a/large' }, large), end]);

/** Unpacks every plain file, under its last name, and returns what was seen. */
async function unpack(bytes: Buffer): Promise<TarEntry[]> {
  const path = join(top, 'archive.tar');
  writeFileSync(path, bytes);
  const seen: TarEntry[] = [];
  await unpackTar(await open(path), ({ path: name, type, size }) => {
    seen.push({ path: name, type, size });
    return type === 'File' ? { file: join(dir, `${seen.length}`) } : undefined;
  });
  return seen;
}

describe('an archive', () => {
  it('is unpacked where the caller says', async () => {
    expect((await unpack(sound)).map(({ path }) => path)).toEqual(['note.txt', 'a/large']);
    expect(readFileSync(join(dir, '1'), 'utf8')).toBe('hello');
    expect(readFileSync(join(dir, '2'), 'utf8')).toBe(large);
  });

  it('shows what is no file, and makes none of it', async () => {
    const links = [
      entry({ path: 'link', type: 'SymbolicLink', linkpath: '/', size: 0 }),
      entry({ path: 'hard', type: 'Link', linkpath: '/etc/passwd', size: 0 }),
      entry({ path: 'device', type: 'CharacterDevice', size: 0 }),
      entry({ path: 'pipe', type: 'FIFO', size: 0 }),
      entry({ path: 'folder', type: 'Directory', size: 0 }),
    ];
    const seen = await unpack(Buffer.concat([...links, end]));
    expect(seen.map(({ type }) => type)).toEqual([
      'SymbolicLink',
      'Link',
      'CharacterDevice',
      'FIFO',
      'Directory',
    ]);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('ends at its mark, whatever follows', async () => {
    const one = Buffer.concat([entry({ path: 'note.txt' }, 'hello'), end]);
    const surplus = [Buffer.alloc(3_000_000), Buffer.from('x'.repeat(3_000_000)), sound];
    expect(await unpack(Buffer.concat([one, ...surplus]))).toHaveLength(1);
  });

  it.each([
    ['compressed by gzip', gzipSync(sound)],
    ['a bomb of gzip', gzipSync(Buffer.alloc(100_000_000))],
    ['compressed by zstd', zstdCompressSync(sound)],
    ['cut in a file', sound.subarray(0, 100_000)],
    ['cut in a header', sound.subarray(0, 700)],
    ['nothing', Buffer.alloc(0)],
    ['no archive', Buffer.from('an archive? '.repeat(1000))],
  ])('is refused when it is %s', async (_what, bytes) => {
    await expect(unpack(bytes)).rejects.toThrow(/compressed|TAR_|checksum/);
  });

  it('is read no further than to an entry that is refused', async () => {
    const path = join(top, 'archive.tar');
    writeFileSync(path, sound);
    const seen: string[] = [];
    const refusing = unpackTar(await open(path), (one) => {
      seen.push(one.path);
      throw new Error(`no ${one.path}`);
    });
    await expect(refusing).rejects.toThrow('no note.txt');
    const failing = unpackTar(await open(path), () => ({
      text: () => {
        throw new Error('no such text');
      },
    }));
    await expect(failing).rejects.toThrow('no such text');
    expect(seen).toEqual(['note.txt']);
  });

  it('does not replace a file', async () => {
    writeFileSync(join(dir, '1'), 'mine');
    await expect(unpack(sound)).rejects.toThrow(/EEXIST/);
    expect(readFileSync(join(dir, '1'), 'utf8')).toBe('mine');
  });

  it('with any bytes changed is read to an end, or refused', async () => {
    const changes = fc.array(fc.tuple(fc.nat(1023), fc.nat(255)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(changes, fc.nat(sound.length), fc.boolean(), async (bytes, length, isCut) => {
        const changed = Buffer.from(sound);
        for (const [at, value] of bytes) changed[at] = value;
        await Promise.allSettled([unpack(isCut ? changed.subarray(0, length) : changed)]);
        rmSync(dir, { recursive: true });
        dir = mkdtempSync(join(top, 'one-'));
      }),
      { numRuns: 300 },
    );
  });
});
