import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DebianArchive, debianArchive } from '../../../src/shared/sources/debian-archive.ts';

let dir: string;
let archive: DebianArchive;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'azl-debian-'));
  mkdirSync(join(dir, 'dists/trixie/main/source'), { recursive: true });
  mkdirSync(join(dir, 'pool'));
  offer({ one: '1.0-2', two: '3:2.0-1' });
  archive = debianArchive({ suite: 'trixie', dir: join(dir, 'apt'), mirror: `file:${dir}` });
});

afterEach(() => rmSync(dir, { recursive: true }));

/** Makes the archive's index: source packages by version, each with a tarball, a .dsc and changes that are gone. */
function offer(packages: Record<string, string>): void {
  const paragraphs = Object.entries(packages).map(([name, version]) => {
    const upstream = version.replace(/^\d+:/, '').replace(/-.*/, '');
    const tarball = `${name}_${upstream}.orig.tar.gz`;
    const bytes = `tarball of ${name}`;
    writeFileSync(join(dir, 'pool', tarball), bytes);
    const row = (file: string, content: string) =>
      ` ${createHash('sha256').update(content).digest('hex')} ${content.length} ${file}`;
    return [
      `Package: ${name}`,
      `Version: ${version}`,
      'Format: 3.0 (quilt)',
      'Directory: pool',
      'Checksums-Sha256:',
      row(`${name}_${upstream}.dsc`, 'gone'),
      row(tarball, bytes),
      row(`${name}_${version}.debian.tar.xz`, 'gone'),
    ].join('\n');
  });
  writeFileSync(join(dir, 'dists/trixie/main/source/Sources'), `${paragraphs.join('\n\n')}\n`);
}

const one = { package: 'one', version: '1.0-2', file: 'one_1.0.orig.tar.gz' };
const two = { package: 'two', version: '3:2.0-1', file: 'two_2.0.orig.tar.gz' };

describe("a source package's tarball", () => {
  it('is fetched without the rest of the package, several at once, as often as it is asked for', async () => {
    const targets = ['a', 'b', 'c'].map((name) => join(dir, name));
    const answers = await Promise.all(
      [one, two, one].map((source, index) => archive.fetch(source, targets[index] as string)),
    );
    expect(answers).toEqual([undefined, undefined, undefined]);
    expect(targets.map((path) => readFileSync(path, 'utf8'))).toEqual([
      'tarball of one',
      'tarball of two',
      'tarball of one',
    ]);
    expect(readdirSync(join(dir, 'apt')).filter((name) => name.startsWith('landing'))).toEqual([]);
  });

  it('is fetched from a newer revision when the suite has moved on', async () => {
    expect(await archive.fetch({ ...one, version: '1.0-1' }, join(dir, 'a'))).toBeUndefined();
    expect(readFileSync(join(dir, 'a'), 'utf8')).toBe('tarball of one');
  });

  it('is found after a refresh when the lists are old', async () => {
    await archive.fetch(one, join(dir, 'a'));
    offer({ one: '1.0-2', three: '1.0-1' });
    const three = { package: 'three', version: '1.0-1', file: 'three_1.0.orig.tar.gz' };
    expect(await archive.fetch(three, join(dir, 'b'))).toBeUndefined();
  });

  it('that is not there leaves the others alone and says why', async () => {
    const strange = { package: 'strange', version: '1-1', file: 'strange_1.orig.tar.gz' };
    const moved = { ...two, file: 'two_1.9.orig.tar.gz' };
    const answers = await Promise.all(
      [strange, one, moved].map((source, index) => archive.fetch(source, join(dir, `${index}`))),
    );
    expect(answers).toEqual([expect.stringMatching(/strange/), undefined, 'it has no two_1.9.orig.tar.gz']);
  });

  it('of a mirror that is not there is refused in words', async () => {
    const lost = debianArchive({
      suite: 'trixie',
      dir: join(dir, 'lost'),
      mirror: 'http://127.0.0.1:9/debian',
    });
    expect(await lost.fetch(one, join(dir, 'a'))).toMatch(/\w/);
  });
});
