import type { KeyInput } from '../../../src/shared/cache-key/key.ts';
import type { Result } from '../../../src/shared/model/build-result.ts';
import type { Rpm } from '../../../src/shared/model/rpm.ts';
import type { Spec } from '../../../src/shared/model/spec.ts';
import type { PackageReport } from '../../../src/shared/shards/protocol/heartbeat.ts';

/*
 * What the fixed values are taken of. Nothing here comes from elsewhere, so that nothing else can change
 * them: each field of each type is written out.
 */

/** Sixty-four hex digits. */
export const hex = (letter: string) => letter.repeat(64);

const gcc: Rpm = {
  file: 'gcc-12.2.0-14.x86_64.rpm',
  name: 'gcc',
  epoch: 0,
  version: '12.2.0',
  release: '14',
  arch: 'x86_64',
  sourceRpm: 'gcc-12.2.0-14.src.rpm',
  size: 1234,
  shipDigest: hex('1'),
  outputDigest: hex('2'),
  provides: ['gcc = 12.2.0-14', 'cpp'],
  requires: ['glibc-devel', 'binutils >= 2.40'],
  conflicts: ['gcc-old < 3'],
  obsoletes: ['egcs < 2'],
  files: ['/usr/bin/cc', '/usr/bin/gcc'],
  folders: ['/usr/lib/gcc'],
};

const lib: Rpm = {
  file: 'lib-2.0-3.noarch.rpm',
  name: 'lib',
  epoch: 1,
  version: '2.0',
  release: '3',
  arch: 'noarch',
  sourceRpm: 'lib-2.0-3.src.rpm',
  size: 4321,
  shipDigest: hex('3'),
  outputDigest: hex('4'),
  provides: ['lib = 1:2.0-3', 'pkgconfig(lib) = 2.0'],
  requires: [],
  conflicts: [],
  obsoletes: [],
  files: ['/usr/share/lib/data'],
  folders: ['/usr/share/lib'],
};

const systemd: Rpm = {
  file: 'systemd-252-1.x86_64.rpm',
  name: 'systemd',
  epoch: 0,
  version: '252',
  release: '1',
  arch: 'x86_64',
  sourceRpm: 'systemd-252-1.src.rpm',
  size: 99,
  shipDigest: hex('5'),
  outputDigest: hex('6'),
  provides: ['systemd = 252-1'],
  requires: ['lib'],
  conflicts: [],
  obsoletes: [],
  files: ['/usr/bin/systemctl', '/usr/bin/systemd-hwdb', '/usr/bin/systemd-sysusers', '/usr/sbin/ldconfig'],
  folders: [],
};

const release: Rpm = {
  file: 'example-release-3.1-1.noarch.rpm',
  name: 'example-release',
  epoch: 0,
  version: '3.1',
  release: '1',
  arch: 'noarch',
  sourceRpm: 'example-release-3.1-1.src.rpm',
  size: 7,
  shipDigest: hex('7'),
  outputDigest: hex('8'),
  provides: ['example-release = 3.1-1', 'system-release = 3.1'],
  requires: [],
  conflicts: [],
  obsoletes: [],
  files: ['/usr/lib/os-release'],
  folders: [],
};

export const rpms = { gcc, lib, systemd, release };

const plainSpec: Spec = {
  package: 'app',
  specsDir: 'SPECS',
  path: 'app/app.spec',
  name: 'app',
  epoch: 0,
  version: '1.0',
  release: '1',
  sourceRpm: 'app-1.0-1.src.rpm',
  buildRequires: ['gcc', 'lib'],
  checkRequires: ['tester'],
  buildConflicts: ['evil'],
  sources: [],
  packages: [
    {
      name: 'app',
      epoch: 0,
      version: '1.0',
      release: '1',
      arch: 'x86_64',
      file: 'app-1.0-1.x86_64.rpm',
      provides: ['app = 1.0-1'],
      requires: ['lib'],
      conflicts: [],
      obsoletes: [],
      files: ['/usr/bin/app'],
      built: true,
    },
  ],
  hasCheck: true,
  digest: hex('9'),
  includes: [],
};

const plainInput: KeyInput = {
  spec: plainSpec,
  sources: {},
  arch: 'x86_64',
  defines: { dist: '.azl3', with_luck: '1' },
  recipe: 'recipe',
  workerDigest: hex('a'),
  policies: [],
  brokenCycles: [],
  installed: [],
  releaseAware: false,
};

const namingRelease = ['lib = 1:2.0-3', '(gcc >= 12.2.0-14 if lib)'];

/** Packages that between them have every component of a key. */
export const keyInputs: Readonly<Record<string, KeyInput>> = {
  'of nothing': plainInput,
  'with includes, sources and patches': {
    ...plainInput,
    spec: {
      ...plainSpec,
      includes: [
        { name: 'app.inc', digest: hex('b') },
        { name: 'common.macros', digest: hex('c') },
      ],
      sources: [
        { name: 'app-1.0.tar.gz', url: 'https://example.org/app-1.0.tar.gz', kind: 'source', number: 0 },
        { name: 'unsigned.txt', kind: 'source', number: 1 },
        { name: 'fix.patch', kind: 'patch', number: 0 },
      ],
    },
    sources: { 'app-1.0.tar.gz': hex('d'), 'fix.patch': hex('e'), 'of-another.txt': hex('f') },
  },
  'with a build root': { ...plainInput, installed: [gcc, lib] },
  'of a spec that names releases': {
    ...plainInput,
    spec: { ...plainSpec, buildRequires: namingRelease },
    installed: [gcc, lib, systemd],
  },
  'of a release-aware package': { ...plainInput, installed: [gcc, lib], releaseAware: true },
  'of another architecture': { ...plainInput, arch: 'aarch64', installed: [lib] },
  'with a name that is not ASCII': {
    ...plainInput,
    spec: { ...plainSpec, includes: [{ name: 'größe.inc', digest: hex('0') }] },
  },
};

export const result: Result = {
  schema: 'azl/result',
  version: 1,
  package: 'lib',
  key: hex('a'),
  components: { schema: '1', spec: hex('9'), 'installed:gcc.x86_64': hex('2') },
  srpm: { file: 'lib-2.0-3.src.rpm', size: 5, shipDigest: hex('b') },
  rpms: [lib, { ...lib, file: 'lib-debuginfo-2.0-3.x86_64.rpm', name: 'lib-debuginfo', arch: 'x86_64' }],
  seconds: 12.5,
  parts: { srpm: 0.5, builddep: 2, build: 10 },
};

/** What a shard tells: of a result, and of a failure. */
export const reports: readonly PackageReport[] = [
  {
    package: 'lib',
    key: hex('a'),
    state: 'built',
    reason: 'spec changed',
    seconds: 12.5,
    started: 1_796_000_000.5,
    ended: 1_796_000_013,
    shard: 2,
    lines: [],
    result,
    artifact: 'azl-result-1-2-1',
    id: 10,
    stored: 'without-debug',
  },
  {
    package: 'app',
    key: null,
    state: 'failed',
    reason: '%build failed',
    seconds: 3,
    shard: 2,
    lines: ['error: x'],
  },
];
