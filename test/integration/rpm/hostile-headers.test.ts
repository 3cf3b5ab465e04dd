import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainEnvironment, runTool } from '../../../src/shared/host/process.ts';
import { parseFront, RpmFormatError } from '../../../src/shared/rpm/header.ts';
import { readSrpm, readUnnamedRpm } from '../../../src/shared/rpm/read.ts';
import { testWorker } from '../../support/worker.ts';
import { newWorkspace } from '../../support/workspace.ts';

/** Damaged files for each kind of RPM. `AZL_CASES` raises it: then the times are asserted, too. */
const cases = Number(process.env['AZL_CASES'] ?? 400);
const isMeasured = process.env['AZL_CASES'] !== undefined;

const spec = `Name: probe
Epoch: 3
Version: 1.0
Release: 1
Summary: A probe
License: MIT
BuildArch: noarch
Provides: many(one) many(two) = 2 many(three)
Requires: (probe-libs = 3:1.0 if probe-extra)
Conflicts: other < 2
Obsoletes: probe-old < 1
%description
Text
%package libs
Summary: Libraries
%description libs
Libraries
%install
mkdir -p %{buildroot}/etc %{buildroot}/usr/share/probe/dir
for n in 1 2 3 4 5 6; do echo $n > %{buildroot}/usr/share/probe/dir/$n; done
ln -s 1 %{buildroot}/usr/share/probe/dir/link
echo x > %{buildroot}/etc/probe.conf
%post
true
%triggerin -- other >= 1
true
%files
%config /etc/probe.conf
/usr/share/probe
%files libs
%changelog
* Mon Jan 01 2024 A <a@example.org> - 1.0
- first
`;

let dir = '';
/** RPMs of rpmbuild, by name: with files, without, and their source; and one of the toolchain. */
const originals = new Map<string, Buffer>();

beforeAll(async () => {
  dir = newWorkspace();
  writeFileSync(join(dir, 'probe.spec'), spec);
  const defines = { _topdir: dir, _rpmdir: dir, _srcrpmdir: dir };
  const argv = Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  await runTool(['rpmbuild', '-ba', '--nodeps', ...argv, join(dir, 'probe.spec')], {
    env: { ...plainEnvironment, HOME: dir, SOURCE_DATE_EPOCH: '1600000000' },
  });
  const made = [join(dir, 'noarch/probe-1.0-1.noarch.rpm'), join(dir, 'noarch/probe-libs-1.0-1.noarch.rpm')];
  const { dir: toolchainDir, toolchain } = await testWorker();
  const [small] = toolchain.rpms.toSorted((a, b) => a.size - b.size);
  const all = [...made, join(dir, 'probe-1.0-1.src.rpm'), join(toolchainDir, 'RPMS', small?.file ?? '')];
  for (const path of all) originals.set(basename(path), readFileSync(path));
}, 60_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Numbers below 1 that look like chance and are always the same. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Offsets in a sound file: of both headers and of the payload. */
type Layout = Record<'signature' | 'main' | 'payload', number>;

async function layoutOf(bytes: Buffer): Promise<Layout> {
  const { start, payload } = await parseFront(bytes);
  return { signature: 96, main: start, payload };
}

const odd = [0, 1, 2, 7, 15, 16, 63, 255, 1000, 0xffff, 0x10000, 0xfffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** Returns a file with something wrong in it: bytes, fields of the index, its end, an entry in place of another. */
function damaged(sound: Buffer, at: Layout, next: () => number): Buffer {
  const bytes = Buffer.from(sound);
  const below = (limit: number) => Math.floor(next() * limit);
  const header = next() < 0.3 ? at.signature : at.main;
  const entries = bytes.readUInt32BE(header + 8);
  const entry = (index: number) => header + 16 + index * 16;
  const kind = below(8);
  if (kind === 0) for (let left = 1 + below(4); left > 0; left--) bytes[below(at.payload)] = below(256);
  else if (kind === 1) bytes.writeUInt32BE(odd[below(odd.length)] ?? 0, entry(below(entries)) + 4 * below(4));
  else if (kind === 2) bytes.writeUInt32BE(below(400), entry(below(entries)) + 4 * below(4));
  else if (kind === 3)
    bytes.copy(bytes, entry(below(entries)), entry(below(entries)), entry(below(entries) + 1));
  else if (kind === 4) bytes.writeUInt32BE(odd[below(odd.length)] ?? 0, header + 4 * below(4));
  else if (kind === 5) return bytes.subarray(0, below(bytes.length));
  else if (kind === 6) return Buffer.concat([bytes, Buffer.alloc(1 + below(100), below(256))]);
  else bytes[at.main + 16 + entries * 16 + below(at.payload - at.main - 16 - entries * 16)] = below(256);
  return bytes;
}

/** Corrects the digests and the size in the signature, so that what is wrong has to be found elsewhere. */
function redigest(bytes: Buffer, at: Layout, sound: Buffer): void {
  if (bytes.length < at.payload) return;
  const replace = (algorithm: string, from: number, to: number, encoding: 'hex' | 'latin1') => {
    const of = (file: Buffer) => createHash(algorithm).update(file.subarray(from, to)).digest();
    const before = encoding === 'hex' ? Buffer.from(of(sound).toString('hex')) : of(sound);
    const place = bytes.subarray(0, at.main).indexOf(before);
    if (place < 0) return;
    (encoding === 'hex' ? Buffer.from(of(bytes).toString('hex')) : of(bytes)).copy(bytes, place);
  };
  replace('sha256', at.main, at.payload, 'hex');
  replace('sha1', at.main, at.payload, 'hex');
  replace('md5', at.main, Number.POSITIVE_INFINITY, 'latin1');
}

/** Reads files one by one. Returns those that were taken, and the longest time of one, in milliseconds. */
async function readAll(paths: readonly string[], isSource: boolean) {
  const taken: string[] = [];
  let longest = 0;
  for (const path of paths) {
    const start = performance.now();
    try {
      await (isSource ? readUnnamedSrpm(path) : readUnnamedRpm(path));
      taken.push(path);
    } catch (error) {
      if (!(error instanceof RpmFormatError)) throw error;
    }
    longest = Math.max(longest, performance.now() - start);
  }
  return { taken, longest };
}

/** Source RPMs have no reader that leaves their names alone: one that is taken but for its name counts as taken. */
async function readUnnamedSrpm(path: string): Promise<void> {
  await readSrpm(path).catch((error: unknown) => {
    if (!/its header is that of/.test((error as Error).message)) throw error;
  });
}

/** Returns those of the files that rpm refuses: to query, or to check without signatures. */
async function refusedByRpm(paths: readonly string[]): Promise<string[]> {
  const refused = new Set<string>();
  for (let at = 0; at < paths.length; at += 200) {
    const some = paths.slice(at, at + 200);
    const options = { ok: 'any', env: plainEnvironment } as const;
    const asked = await runTool(['rpm', '-qp', '--nosignature', '--qf', '@%{NAME}\\n', ...some], options);
    if (asked.stdout.split('\n').filter((line) => line.startsWith('@')).length < some.length)
      for (const path of some)
        if ((await runTool(['rpm', '-qp', '--nosignature', path], options)).code !== 0) refused.add(path);
    const checked = await runTool(['rpmkeys', '-K', '--nosignature', ...some], options);
    for (const path of some) if (!checked.stdout.includes(`${path}: digests OK\n`)) refused.add(path);
  }
  return [...refused];
}

describe('damaged RPMs of every kind', () => {
  it('are read in no time, or refused in words; and what rpm refuses is refused', async () => {
    const next = chance(20240101);
    let blocked = 0;
    const figures = { read: 0, taken: 0, longest: 0 };
    for (const [name, sound] of originals) {
      const at = await layoutOf(sound);
      const folder = join(dir, 'damaged', name);
      mkdirSync(folder, { recursive: true });
      for (let index = 0; index < cases; index++) {
        const bytes = damaged(sound, at, next);
        if (next() < 0.7) redigest(bytes, at, sound);
        writeFileSync(join(folder, `${index}.rpm`), bytes);
      }
      const paths = readdirSync(folder).map((file) => join(folder, file));
      const delay = monitorEventLoopDelay({ resolution: 5 });
      delay.enable();
      const { taken, longest } = await readAll(paths, name.endsWith('.src.rpm'));
      delay.disable();
      blocked = Math.max(blocked, delay.max / 1e6);
      expect(await refusedByRpm(taken), `of ${name}, taken by us and refused by rpm`).toEqual([]);
      figures.read += paths.length;
      figures.taken += taken.length;
      figures.longest = Math.max(figures.longest, longest);
      rmSync(folder, { recursive: true });
    }
    console.info(`${JSON.stringify(figures)}, blocked for at most ${blocked.toFixed(0)} ms`);
    expect(figures.taken).toBeGreaterThan(0);
    expect(figures.taken).toBeLessThan(figures.read / 2);
    if (!isMeasured) return;
    expect(figures.longest).toBeLessThan(1000);
    expect(blocked).toBeLessThan(200);
  }, 1_800_000);

  it('are taken when nothing is wrong with them, by rpm and by us', async () => {
    for (const [name, bytes] of originals) {
      const path = join(dir, name);
      writeFileSync(path, bytes);
      expect((await readAll([path], name.endsWith('.src.rpm'))).taken).toEqual([path]);
      expect(await refusedByRpm([path])).toEqual([]);
    }
  });
});
