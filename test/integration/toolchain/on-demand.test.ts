import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hostArchitecture } from '../../../src/shared/base/architectures.ts';
import { recordingLog } from '../../../src/shared/base/log.ts';
import type { Toolchain } from '../../../src/shared/model/toolchain.ts';
import { readRpm } from '../../../src/shared/rpm/read.ts';
import { type Lock, lockFile, lockText, parseLock } from '../../../src/shared/toolchain/lock.ts';
import { addToLock } from '../../../src/shared/toolchain/on-demand/add.ts';
import { convertOnDemand } from '../../../src/shared/toolchain/on-demand/convert.ts';
import { expectedRpms } from '../../../src/shared/toolchain/on-demand/expected.ts';
import { onDemandStandIns } from '../../../src/shared/toolchain/on-demand/stand-ins.ts';
import { type ArchivePackage, writeArchive } from '../../support/debian-archive.ts';
import { madeUpRpm, madeUpToolchain } from '../../support/made-up.ts';

const top = mkdtempSync(join(tmpdir(), 'azl-test-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

const packages: ArchivePackage[] = [
  { name: 'frobnicate', depends: 'frob-data', files: { '/usr/bin/frob': '#!/bin/sh' } },
  { name: 'frob-data', files: { '/usr/share/frob/data': 'data' } },
  {
    name: 'libgizmo-dev',
    version: '2:1.4+dfsg-3',
    files: { '/usr/share/pkgconfig/gizmo.pc': 'Name: gizmo\nDescription: made up\nVersion: 1.4' },
  },
  { name: 'libfoo-bar-perl', files: { '/usr/share/perl5/Foo/Bar.pm': 'package Foo::Bar; 1;' } },
  { name: 'broken', instead: 'no package at all', files: { '/usr/bin/broken': '' } },
  { name: 'on-broken', depends: 'broken' },
  { name: 'unasked', files: { '/usr/share/odd/one': 'odd' } },
];

/** The RPMs that every stand-in requires. */
const essentials = 'filesystem bash coreutils findutils gawk grep sed util-linux'.split(' ');

/** A machine with a lock, a toolchain folder of one RPM, and a made-up archive. */
function machine(name: string) {
  const cacheDir = join(top, name);
  const dir = join(cacheDir, 'toolchain');
  mkdirSync(join(dir, 'RPMS'), { recursive: true });
  mkdirSync(join(cacheDir, 'apt/lists/partial'), { recursive: true });
  const sources = join(cacheDir, 'sources.list');
  writeFileSync(sources, writeArchive(join(cacheDir, 'archive'), packages));
  const settings = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '/dev/null',
    'Acquire::Retries': '0',
  };
  const log = recordingLog();
  const apt = { dir: join(cacheDir, 'apt'), log, settings };
  const lockPath = join(cacheDir, lockFile);
  const first: Lock = {
    ...{ schema: 'azl/toolchain-lock', version: 2, suite: 'debian 12', arch: hostArchitecture.rpm },
    ...{ packages: [], additions: [] },
  };
  writeFileSync(lockPath, lockText(first));
  const locked = () => parseLock(readFileSync(lockPath, 'utf8'), lockPath);
  const ask = (...names: string[]) =>
    addToLock(names, { lock: locked(), lockPath, arch: hostArchitecture.debian, cacheDir, apt });
  const bare: Toolchain = {
    ...madeUpToolchain(essentials.map((one) => madeUpRpm(one))),
    arch: hostArchitecture.rpm,
  };
  const convert = async (names: readonly string[], toolchain = bare) => {
    const lock = locked();
    const standIns = onDemandStandIns(lock);
    const known = expectedRpms(standIns, toolchain);
    const files = known.filter((one) => names.includes(one.name)).flatMap(({ closure }) => closure);
    const { toolchain: grown } = await convertOnDemand(toolchain, files, {
      ...{ lock, standIns: standIns.map(({ standIn }) => standIn), dir, cacheDir, jobs: 2, apt },
      closureOf: (file) => known.find((one) => one.file === file)?.closure ?? [],
    });
    return grown;
  };
  return { ask, convert, dir, log, locked, cacheDir };
}

const digests = ({ rpms }: Toolchain) => Object.fromEntries(rpms.map((one) => [one.file, one.shipDigest]));

describe('stand-ins on demand of a made-up archive', () => {
  it('are found by name, file, pkg-config file and Perl module; what is unknown is remembered', async () => {
    const { ask, log, locked, cacheDir } = machine('found');
    const asked = ['frobnicate', '/usr/share/odd/one', 'gizmo-devel', 'pkgconfig(gizmo)', 'perl(Foo::Bar)'];
    await ask(...asked, '/usr/bin/frob', 'nothing-like-it');
    const [{ asked: found, packages: added, files } = { asked: {}, packages: [], files: {} }] =
      locked().additions;
    expect(found).toEqual({
      '/usr/bin/frob': ['frobnicate'],
      '/usr/share/odd/one': ['unasked'],
      frobnicate: ['frobnicate'],
      'gizmo-devel': ['libgizmo-dev'],
      'perl(Foo::Bar)': ['libfoo-bar-perl'],
      'pkgconfig(gizmo)': ['libgizmo-dev'],
    });
    expect(added.map(({ name }) => name)).toEqual([
      ...['frob-data', 'frobnicate', 'libfoo-bar-perl', 'libgizmo-dev', 'unasked'],
    ]);
    expect(files['unasked']).toEqual(['/usr/share/odd/one']);
    await ask('odd-one-out');
    const before = log.lines.length;
    rmSync(join(cacheDir, 'archive'), { recursive: true });
    await ask('nothing-like-it', 'frobnicate');
    expect(log.lines.length).toBe(before);
    expect(locked().additions).toHaveLength(1);
  });

  it('are converted as far as they are needed, and then stay as they are', async () => {
    const { ask, convert, dir } = machine('converted');
    await ask('frobnicate', 'pkgconfig(gizmo)', 'gizmo-devel', 'perl(Foo::Bar)');
    const first = await convert(['frobnicate']);
    expect(Object.keys(first.onDemand ?? {})).toEqual([
      'frob-data-1.0-1.noarch.rpm',
      'frobnicate-1.0-1.noarch.rpm',
    ]);
    const all = await convert(['frobnicate', 'libgizmo-devel', 'libfoo-bar-perl'], first);
    expect(digests(all)).toMatchObject(digests(first));
    expect(JSON.parse(readFileSync(join(dir, 'toolchain.json'), 'utf8'))).toEqual(all);
    const gizmo = await readRpm(join(dir, 'RPMS/libgizmo-devel-1.4+dfsg-3.noarch.rpm'));
    expect(gizmo.provides).toEqual(
      expect.arrayContaining([
        'gizmo-devel = 2:1.4+dfsg-3',
        'libgizmo-devel = 2:1.4+dfsg-3',
        'pkgconfig(gizmo) = 1.4',
      ]),
    );
    const frob = await readRpm(join(dir, 'RPMS/frobnicate-1.0-1.noarch.rpm'));
    expect(frob.requires).toEqual(expect.arrayContaining(['filesystem', 'frob-data']));
    expect(await convert(['frobnicate'], all)).toBe(all);
  });

  it('are left out with a warning where they cannot be converted, with what needs them', async () => {
    const { ask, convert, log } = machine('broken');
    await ask('on-broken', 'frobnicate');
    const grown = await convert(['on-broken', 'frobnicate']);
    expect(Object.keys(grown.onDemand ?? {})).toEqual([
      'frob-data-1.0-1.noarch.rpm',
      'frobnicate-1.0-1.noarch.rpm',
    ]);
    expect(log.lines.filter((line) => /The stand-in broken cannot be made/.test(line))).toHaveLength(1);
  });

  it('have the same bytes on another machine that needs all at once', async () => {
    const names = ['frobnicate', 'pkgconfig(gizmo)', 'gizmo-devel', 'perl(Foo::Bar)'];
    const [one, other] = [machine('one'), machine('other')];
    await Promise.all([one.ask(...names), other.ask(...names)]);
    const parts = await one.convert(['libfoo-bar-perl']);
    const whole = await other.convert(['frobnicate', 'libgizmo-devel', 'libfoo-bar-perl']);
    expect(digests(await one.convert(['frobnicate', 'libgizmo-devel'], parts))).toEqual(digests(whole));
  });
});
