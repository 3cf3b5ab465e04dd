import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { create } from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { formatProblem, ProblemsError } from '../../../src/shared/base/problems.ts';
import type { BuildContext } from '../../../src/shared/builder/build-context.ts';
import type { ToolchainSourceInputs, TreeInputs } from '../../../src/shared/model/inputs.ts';
import type { Toolchain } from '../../../src/shared/model/toolchain.ts';
import { outcomesOf } from '../../../src/shared/shards/worker/outcomes.ts';
import { runAlone } from '../../../src/shared/shards/worker/run-alone.ts';
import { makeTree } from '../../../src/shared/solver/solve-root.ts';
import { startSolver } from '../../../src/shared/solver/solver.ts';
import { distributionMacros } from '../../../src/shared/specs/macros/distribution.ts';
import { policyMacros } from '../../../src/shared/specs/macros/policy.ts';
import { parseSpecs } from '../../../src/shared/specs/parse.ts';
import { unpackArchive } from '../../../src/shared/toolchain/manifest/unpack-archive.ts';
import { writeArchive } from '../../../src/shared/toolchain/manifest/write-archive.ts';
import { prepareToolchain } from '../../../src/shared/toolchain/prepare.ts';
import { fetchCachedToolchain, saveCachedToolchain } from '../../../src/shared/toolchain/toolchain-cache.ts';
import { validateToolchain } from '../../../src/shared/toolchain/validate-toolchain.ts';
import { FolderCache } from '../../support/folder-cache.ts';
import { madeUpResult, madeUpRpm } from '../../support/made-up.ts';
import { memoryStore } from '../../support/made-up-engine.ts';
import { type PackageServer, startPackageServer } from '../../support/package-server.ts';
import { tinyPackages, writeTree } from '../../support/tiny-distro.ts';
import { type TestWorker, testWorker } from '../../support/worker.ts';
import { newWorkspace, removeWorkspace } from '../../support/workspace.ts';

const top = newWorkspace();
let made: TestWorker;
let server: PackageServer;
let downloaded: Made;

interface Made {
  dir: string;
  toolchain: Toolchain;
}

/** A machine of its own, with a manifest of the RPMs of this checkout's toolchain. */
function machine(name: string, more: Partial<ToolchainSourceInputs>) {
  const cacheDir = join(top, name);
  mkdirSync(cacheDir, { recursive: true });
  const source: ToolchainSourceInputs = {
    ...{ toolchainMode: 'auto', toolchainManifest: join(top, 'toolchain.txt') },
    ...{
      workerManifest: join(top, 'worker.txt'),
      toolchainArchive: '',
      packageUrlList: [`${server.origin}/RPMS`],
    },
    ...{ validateToolchainGpg: undefined, toolchainGpgValidationKeys: [] },
    ...more,
  };
  const mode = source.toolchainArchive === '' ? ('download' as const) : ('archive' as const);
  const log = recordingLog();
  return { mode, source, dir: join(cacheDir, 'toolchain'), cacheDir, updateLock: false, jobs: 2, log };
}

beforeAll(async () => {
  made = await testWorker();
  server = await startPackageServer(made.dir);
  writeFileSync(join(top, 'toolchain.txt'), made.toolchain.rpms.map(({ file }) => `${file}\n`).join(''));
  writeFileSync(join(top, 'worker.txt'), made.toolchain.worker.map((file) => `${file}\n`).join(''));
  const here = machine('download', {});
  downloaded = { dir: here.dir, toolchain: (await prepareToolchain(here)).toolchain };
});
afterAll(async () => {
  server.close();
  await removeWorkspace(top);
});

/** Returns the key of each package of a made-up distribution. Builds make the RPMs that their specs describe. */
async function keysOn({ dir, toolchain }: Made): Promise<Record<string, string>> {
  const [specsDir, overlaysDir] = [join(top, 'SPECS'), join(top, 'overlays')];
  await writeTree(specsDir, tinyPackages());
  mkdirSync(overlaysDir, { recursive: true });
  const defines = distributionMacros({
    ...{ distTag: '.azl3', distNameAbrv: 'azl', releaseMajorId: '3.0' },
  } as TreeInputs);
  const options = {
    specsDirs: [specsDir],
    worker: join(dir, 'worker'),
    overlaysDir,
    macroFiles: [policyMacros],
  };
  const { specs, errors } = await parseSpecs({
    ...options,
    defines,
    arch: toolchain.arch,
    jobs: 2,
    log: recordingLog(),
  });
  expect(errors).toEqual([]);
  const solver = await startSolver(toolchain);
  const store = memoryStore();
  const keys: Record<string, string> = {};
  const context = {
    tree: makeTree({ specs, toolchain, solver, sources: async () => ({}), defines }),
    run: {
      ...{ names: specs.map((spec) => spec.package), goals: [], prebuilt: [], rebuild: new Set() },
      ...{ failures: new Map(), seconds: new Map(), priority: new Map() },
    },
    inputs: { buildDir: '/nowhere', cacheDir: '/nowhere' },
    store: { ...store, open: async () => '/store/00/key' },
    log: recordingLog(),
    signal: new AbortController().signal,
  } as unknown as BuildContext;
  const outcomes = outcomesOf(
    await runAlone(context, 1, async (_, name, { build: { key }, reason }) => {
      keys[name] = key;
      const spec = specs.find((one) => one.package === name);
      const rpms = (spec?.packages ?? []).map(
        ({ name: rpm, version, release, arch, provides, requires, files }) => {
          const found = files.flatMap((file) => /pkgconfig\/(.*)\.pc$/.exec(file)?.[1] ?? []);
          const all = [...provides, ...found.map((one) => `pkgconfig(${one}) = 1.0`)];
          return madeUpRpm(rpm, { version, release, arch, provides: all, requires, files });
        },
      );
      const result = madeUpResult(name, rpms, key);
      await store.put(result, '', false);
      return { state: 'built', reason, result };
    }),
  );
  await solver.close();
  expect(
    [...outcomes].flatMap(([name, { state, reason }]) => (state === 'built' ? [] : [name, reason])),
  ).toEqual([]);
  return keys;
}

describe('a toolchain of the RPMs that a manifest lists', () => {
  it('is the same by download, archive and bootstrap, and gives the same keys', async () => {
    const { archive } = await writeArchive(downloaded.dir, downloaded.toolchain, join(top, 'out'));
    const here = machine('archive', { toolchainArchive: archive });
    const archived = { dir: here.dir, toolchain: (await prepareToolchain(here)).toolchain };
    expect(archived.toolchain).toEqual({ ...made.toolchain, mode: 'archive' });
    expect(downloaded.toolchain).toEqual({ ...made.toolchain, mode: 'download' });
    const keys = await keysOn(made);
    expect(Object.keys(keys).length).toBe(Object.keys(tinyPackages()).length);
    expect(await keysOn(downloaded)).toEqual(keys);
    expect(await keysOn(archived)).toEqual(keys);
  });

  it('is reused, and nothing is asked for', async () => {
    server.asked = [];
    const { toolchain } = downloaded;
    expect(await prepareToolchain(machine('download', {}))).toEqual({ toolchain, reused: true });
    expect(server.asked).toEqual([]);
  });

  it('is what a later run finds in the cache, with its lock', async () => {
    const cache = new FolderCache(join(top, 'cache'));
    const first = { ...machine('download', {}), cache, onStoreError: 'fail' as const };
    await saveCachedToolchain(undefined, downloaded.toolchain, first);
    const later = { ...machine('later', {}), cache, onStoreError: 'fail' as const };
    expect(await fetchCachedToolchain(later)).toBe(cache.saved[0]);
    server.asked = [];
    expect(await prepareToolchain(later)).toEqual({ toolchain: downloaded.toolchain, reused: true });
    expect(server.asked).toEqual([]);
    // Another manifest, and the same RPMs in another mode, are other toolchains.
    writeFileSync(
      join(top, 'less.txt'),
      readFileSync(join(top, 'toolchain.txt'), 'utf8').replace(/.*\n/, ''),
    );
    for (const more of [
      { toolchainManifest: join(top, 'less.txt'), workerManifest: '' },
      { workerManifest: '' },
    ]) {
      const other = { ...machine('other', more), cache, onStoreError: 'fail' as const };
      expect(await fetchCachedToolchain(other)).toBeUndefined();
    }
  });

  it('is validated as a whole', async () => {
    const { source } = machine('download', {});
    const options = { tempDir: join(top, 'temp') };
    expect(await validateToolchain(downloaded.dir, downloaded.toolchain, source, options)).toEqual([]);
    const dir = join(top, 'damaged');
    mkdirSync(join(dir, 'RPMS'), { recursive: true });
    const [first, second, ...rest] = downloaded.toolchain.rpms.map(({ file }) => file) as [string, string];
    for (const file of rest) symlinkSync(join(downloaded.dir, 'RPMS', file), join(dir, 'RPMS', file));
    writeFileSync(join(dir, 'RPMS', second), 'damaged');
    writeFileSync(join(dir, 'RPMS', 'other.rpm'), '');
    const rpms = downloaded.toolchain.rpms.filter(({ name }) => name !== 'bash');
    const found = await validateToolchain(dir, { ...downloaded.toolchain, rpms }, source, options);
    const said = found.map((one) => formatProblem(one).replaceAll(`${top}/`, ''));
    expect(said).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          `^damaged/RPMS/${first.replaceAll('+', '\\+')}: This RPM of the toolchain is missing`,
        ),
        expect.stringMatching(/^damaged\/RPMS\/.*: This RPM of the toolchain is damaged: its SHA-256 is/),
        'damaged/RPMS/other.rpm: It is no RPM of the toolchain',
        expect.stringMatching(
          /^.*\.rpm requires '\/bin\/bash|bash', which no RPM of the toolchain provides$/,
        ),
      ]),
    );
  });

  it.each<[string, string, string, RegExp]>([
    ['no rpmbuild', 'toolchain.txt', 'bash', /No RPM of the worker has .*\/usr\/bin\/rpmbuild/],
    [
      'a requirement that is not there',
      'worker.txt',
      '',
      /The worker cannot be installed from these RPMs: .*(?:is needed by|Failed dependencies)/s,
    ],
  ])('has no worker with %s', async (_, file, only, expected) => {
    const lines = readFileSync(join(top, file), 'utf8').split('\n').filter(Boolean);
    const kept =
      only === ''
        ? lines.filter((one) => !/^(libz|zlib)/.test(one))
        : lines.filter((one) => one.startsWith(`${only}-`));
    const worker = join(top, 'bad-worker.txt');
    writeFileSync(worker, kept.join('\n'));
    const here = machine('download', { workerManifest: worker });
    await expect(prepareToolchain({ ...here, dir: join(top, 'bad') })).rejects.toThrow(expected);
  });
});

describe('an archive', () => {
  const rpms = () =>
    made.toolchain.rpms.filter(({ name }) => ['bzip2', 'setup', 'filesystem'].includes(name));

  /** Returns the names that come out of an archive with these files, or what is wrong with it. */
  const unpacked = async (
    files: Record<string, string | Buffer>,
    pack: (tar: Buffer) => Buffer = (tar) => tar,
  ) => {
    const dir = join(top, `archive-${Math.random()}`);
    mkdirSync(join(dir, 'in/some/folder'), { recursive: true });
    mkdirSync(join(dir, 'RPMS'));
    for (const [name, content] of Object.entries(files))
      if (typeof content === 'string') cpSync(content, join(dir, 'in', name));
      else writeFileSync(join(dir, 'in', name), content);
    create({ cwd: join(dir, 'in'), file: join(dir, 'plain.tar'), sync: true }, ['.']);
    const archive = join(dir, 'toolchain.tar');
    writeFileSync(archive, pack(readFileSync(join(dir, 'plain.tar'))));
    const wanted = rpms().map(({ file, shipDigest }, line) => ({ file, sha256: shipDigest, line }));
    try {
      const found = await unpackArchive(archive, wanted, {
        dir: join(dir, 'RPMS'),
        manifest: 'toolchain.txt',
      });
      return [...found.keys()].sort();
    } catch (error) {
      if (error instanceof ProblemsError) return error.message.replaceAll(`${dir}/`, '');
      throw error;
    } finally {
      rmSync(dir, { recursive: true });
    }
  };
  const all = () =>
    Object.fromEntries(
      rpms().map(({ file }, index) => [
        index === 0 ? file : `some/folder/${file}`,
        join(made.dir, 'RPMS', file),
      ]),
    );
  const first = () => rpms()[0]?.file as string;

  it('has exactly the RPMs of the manifest, in any folders, packed or not', async () => {
    const names = rpms().map(({ file }) => file);
    expect(names).toHaveLength(3);
    expect(await unpacked(all())).toEqual(names);
    expect(await unpacked(all(), (tar) => zstdCompressSync(tar))).toEqual(names);
  });

  it('lacks some and has others: all are named', async () => {
    const { [first()]: _, ...less } = all();
    expect(
      await unpacked({ ...less, 'x-1-1.noarch.rpm': Buffer.from('x'), 'read.me': Buffer.from('x') }),
    ).toBe(
      [
        'toolchain.tar: It holds "./read.me", which toolchain.txt does not list',
        'toolchain.tar: It holds "./x-1-1.noarch.rpm", which toolchain.txt does not list',
        `toolchain.tar: It lacks ${first()}, which toolchain.txt lists`,
      ].join('\n'),
    );
  });

  it('has damaged or other RPMs: they are not taken', async () => {
    expect(await unpacked({ ...all(), [first()]: Buffer.from('damaged') })).toBe(
      `toolchain.tar: Its ${first()} is not that RPM, or damaged`,
    );
    const file = rpms()[1]?.file as string;
    expect(await unpacked({ ...all(), [first()]: join(made.dir, 'RPMS', file) })).toContain(
      'is not that RPM',
    );
    expect(await unpacked({ ...all(), [file]: join(made.dir, 'RPMS', file) })).toMatch(
      /It holds ".*" twice$/,
    );
  });

  it.each([
    ['no archive', () => Buffer.from('nothing')],
    ['a cut one', (tar: Buffer) => zstdCompressSync(tar).subarray(0, 1000)],
    ['an empty one', () => Buffer.alloc(0)],
  ])('that is %s is an error', async (_, pack) => {
    expect(await unpacked(all(), pack)).toMatch(
      /^toolchain\.tar: (?:The archive of the toolchain cannot be read|It lacks)/,
    );
  });
});
