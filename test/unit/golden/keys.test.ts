import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { checkKey } from '../../../src/shared/builder/checks.ts';
import { keepRoot } from '../../../src/shared/builder/kept-root.ts';
import { keyComponents, keyOf } from '../../../src/shared/cache-key/key.ts';
import { checkRecipeDigest, recipe, recipeDigest } from '../../../src/shared/cache-key/recipe.ts';
import { actionsCache } from '../../../src/shared/github/cache/actions-cache.ts';
import type { Cache } from '../../../src/shared/github/cache/cache.ts';
import { textDigest } from '../../../src/shared/host/digests.ts';
import { writeJson } from '../../../src/shared/host/json-files.ts';
import { imageArtifact, imagePrefix, serialLogArtifact } from '../../../src/shared/image/artifacts.ts';
import { bootTestRecipe } from '../../../src/shared/image/boot-test/boot-overlay.ts';
import { imageCache } from '../../../src/shared/image/cache/image-cache.ts';
import { imageStore } from '../../../src/shared/image/cache/image-store.ts';
import type { NamedFiles } from '../../../src/shared/image/config/named-files.ts';
import { parseImageConfig } from '../../../src/shared/image/config/parse.ts';
import { fixedUuid, fixedVolumeId, imageSeed } from '../../../src/shared/image/disk/identity.ts';
import { layOut } from '../../../src/shared/image/disk/layout.ts';
import { bootPlace } from '../../../src/shared/image/manifest/image-json.ts';
import {
  imageComponents,
  imageManifest,
  imageName,
} from '../../../src/shared/image/manifest/image-manifest.ts';
import { publishImage } from '../../../src/shared/image/out-images.ts';
import { fixedSalt, sha512Crypt } from '../../../src/shared/image/rootfs/crypt.ts';
import { planName } from '../../../src/shared/jobs/shared-run.ts';
import { planJson } from '../../../src/shared/planner/plan-json.ts';
import { assetName, sha256Sums } from '../../../src/shared/release/assets.ts';
import { buildJson } from '../../../src/shared/report/build-json.ts';
import { parseFront } from '../../../src/shared/rpm/header.ts';
import { outputDigest } from '../../../src/shared/rpm/output-digest.ts';
import { dependencyTags } from '../../../src/shared/rpm/tags.ts';
import { publishSrpm } from '../../../src/shared/rpm-repository/write/publish.ts';
import { logsName, repositoryNames } from '../../../src/shared/rpm-repository/write/publish-artifacts.ts';
import { heartbeatText } from '../../../src/shared/shards/protocol/heartbeat.ts';
import {
  claimName,
  heartbeatName,
  parseName,
  resultName,
} from '../../../src/shared/shards/protocol/names.ts';
import type { ArtifactFiles } from '../../../src/shared/shards/transport/exchange.ts';
import { toolchainName } from '../../../src/shared/shards/transport/shared-toolchain.ts';
import { claim } from '../../../src/shared/shards/worker/claim.ts';
import { openAnswers } from '../../../src/shared/solver/answer-memory.ts';
import { solverQuestion } from '../../../src/shared/solver/remembering-solver.ts';
import { solverRecipe } from '../../../src/shared/solver/solver.ts';
import { cachedStore } from '../../../src/shared/store/cached-store.ts';
import { directoryStore } from '../../../src/shared/store/directory-store.ts';
import { pathsWithoutDebug, resultFiles } from '../../../src/shared/store/result-files.ts';
import { fetchIndex, saveIndex } from '../../../src/shared/store/saved-index.ts';
import { newIndex, type StoreIndex, writeIndex } from '../../../src/shared/store/store-index.ts';
import { archiveFile } from '../../../src/shared/toolchain/archive.ts';
import { builtinPackages, extraEntries } from '../../../src/shared/toolchain/convert/builtin-packages.ts';
import { conversionRecipe, standInKey } from '../../../src/shared/toolchain/convert/convert.ts';
import { aliases, primaryFirst, rpmName } from '../../../src/shared/toolchain/convert/rpm-names.ts';
import { standIns } from '../../../src/shared/toolchain/convert/stand-ins.ts';
import type { Deb } from '../../../src/shared/toolchain/debian/deb.ts';
import {
  buildPackages,
  excludedPackages,
  imagePackages,
  workerPackages,
} from '../../../src/shared/toolchain/debian/requested-packages.ts';
import { stampFile } from '../../../src/shared/toolchain/folder.ts';
import { lockFile, lockText } from '../../../src/shared/toolchain/lock.ts';
import { kindOf, stamp, toolchainKind } from '../../../src/shared/toolchain/recipe.ts';
import { fetchCachedToolchain, lockInKey } from '../../../src/shared/toolchain/toolchain-cache.ts';
import { workerDigest } from '../../../src/shared/toolchain/worker.ts';
import { frontBytes, type MadeTag } from '../rpm/made-header.ts';
import * as made from './made-up.ts';

/*
 * Values that stay as they are whatever is moved, renamed or written anew: keys, digests, names, and the texts of what
 * other runs read. Another value here builds everything of everybody once more, or is not found again. Where that is
 * meant: AZL_GOLDEN=write node_modules/.bin/vitest run --project unit test/unit/golden
 */

const repository = join(import.meta.dirname, '../../..');
const goldenFile = join(import.meta.dirname, 'keys.json');
const isWriting = process.env['AZL_GOLDEN'] === 'write';

const { asked } = vi.hoisted(() => ({ asked: [] as unknown[] }));
vi.mock('@actions/cache', () => ({
  restoreCache: async (paths: string[], key: string, prefixes: string[]) => {
    asked.push({ restore: paths, key, prefixes });
    return undefined;
  },
  saveCache: async (paths: string[], key: string) => {
    asked.push({ save: paths, key });
    return 1;
  },
}));

const scratch = mkdtempSync(join(tmpdir(), 'azl-test-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let folders = 0;
function newFolder(): string {
  folders += 1;
  const dir = join(scratch, String(folders));
  mkdirSync(dir);
  return dir;
}

const { gcc, lib, systemd } = made.rpms;
const log = recordingLog();

/** What is written of a value: its text, so that a difference can be read. */
const text = (value: unknown) => JSON.stringify(value);
const written = (path: string) => readFileSync(path, 'utf8');
const byField = (value: object) =>
  Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, textDigest(text(inner))]));

/** Files of the repository that are neither code nor what is made of it: digest of the bytes → path. */
function helperFiles(): Map<string, string> {
  const found = new Map<string, string>();
  const leftOut = new Set(['node_modules', 'dist', 'build', 'out', 'lib', 'test', 'examples', 'docs']);
  const look = (dir: string) => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name);
      if (entry.isDirectory() && !leftOut.has(entry.name) && !entry.name.startsWith('.')) look(path);
      if (entry.isFile() && /\.(azl|conf|py|service|sh)$/.test(entry.name))
        found.set(textDigest(readFileSync(path)), relative(repository, path));
    }
  };
  look(repository);
  return found;
}

/** Helpers of which the bytes are part of keys, by what they were called at first. */
const hashedHelpers = [
  ...['macros.azl', 'enter.sh', 'transaction.py', 'solver.py', 'convert.py', 'perl-dependencies.py'],
  ...['finish.sh', 'tree.py', 'accounts.py', 'configure.py', 'finish.py', 'mke2fs.conf'],
  ...['report-boot.sh', 'report-boot.service'],
];

/** A cache that has nothing and tells what it is asked for. */
function askedCache(): { cache: Cache; calls: unknown[] } {
  const calls: unknown[] = [];
  const cache: Cache = {
    readable: true,
    fetch: async (place, key) => {
      calls.push({ fetch: place, key });
      return false;
    },
    fetchNewest: async (place, prefix) => {
      calls.push({ fetchNewest: place, prefix });
      return undefined;
    },
    save: async (place, key, _root, files) => {
      calls.push({ save: place, key, files });
    },
  };
  return { cache, calls };
}

function imageValues(which: string): Record<string, unknown> {
  const { config } = parseImageConfig(text(made.imageConfigs[which]), `${which}.json`);
  const named = made.named[which] as NamedFiles;
  const seed = imageSeed(config);
  const layout = layOut(config, seed);
  const packages = made.imagePackages;
  const tools = made.bootTools;
  const manifest = imageManifest({ config, layout, seed, named, packages, tools });
  const hostTools = { mke2fs: '1.47.0', 'mkfs.vfat': '4.2' };
  const components = imageComponents({ manifest, packages, workerDigest: made.hex('a'), hostTools });
  return {
    [`image ${which}: seed`]: seed,
    [`image ${which}: name`]: imageName(config.system.name, packages),
    [`image ${which}: place of the boot`]: bootPlace(layout, tools),
    [`image ${which}: manifest`]: textDigest(text(manifest)),
    [`image ${which}: components`]: components,
    [`image ${which}: key`]: keyOf(components),
    [`image ${which}: artifacts`]: manifest.artifacts,
  };
}

/** Headers with tags of every sort that the output digest treats in its own way. */
function headers(): Record<string, MadeTag[]> {
  const base: MadeTag[] = [
    [1000, 6, ['foo']],
    [1001, 6, ['1.0']],
    [1002, 6, ['7.azl3']],
    [1044, 6, ['foo-src-1.0-7.azl3.src.rpm']],
  ];
  const { provide, require } = dependencyTags;
  return {
    plain: base,
    'with what nobody sees': [
      ...base,
      [1004, 9, ['summary']],
      [1006, 4, [1_700_000_000]],
      [1007, 6, ['host']],
      [1080, 4, [1, 2]],
      [5092, 8, ['digest']],
    ],
    'with dependencies on its own release': [
      ...base,
      [provide.name, 8, ['foo', '(foo = 1.0-7.azl3 if bar)']],
      [provide.version, 8, ['2:1.0-7.azl3', '']],
      [require.name, 8, ['bar', 'baz']],
      [require.version, 8, ['1.0-7.azl3', '3-7.azl3']],
    ],
    'with files and an unknown tag': [
      ...base,
      [1035, 8, ['digest of a', 'digest of b']],
      [1117, 8, ['a', 'b']],
      [1118, 8, ['/usr/bin/']],
      [9999, 7, Buffer.from([1, 2, 3])],
      [1030, 3, [0o755, 0o644]],
      [5009, 5, [5_000_000_000]],
    ],
  };
}

function keys(): Record<string, unknown> {
  const entries = Object.entries(made.keyInputs).flatMap(([name, input]) => {
    const components = keyComponents(input);
    return [
      [`key ${name}: components`, components],
      [`key ${name}`, keyOf(components)],
    ];
  });
  return Object.fromEntries(entries);
}

function digests(): Record<string, unknown> {
  const request = { install: ['lib', '/usr/bin/gcc'], base: [gcc.file], local: [lib, systemd] };
  const outputs = Object.entries(headers()).map(([name, tags]) => [
    `output digest ${name}`,
    outputDigest(parseFront(frontBytes(tags)).main),
  ]);
  const rpmNames = [...new Set(made.debianNames.map(rpmName))];
  const [plain] = made.lock.packages;
  const plainDebs = made.debianNames.map((name) => ({ ...(plain as Deb), name, depends: [], provides: [] }));
  const lockBytes = Buffer.from(lockText(made.lock));
  return {
    'recipe: fields': byField(recipe),
    'recipe: digest': recipeDigest,
    'recipe: digest for a check': checkRecipeDigest,
    'check: key': checkKey(made.hex('a'), [gcc, lib]),
    'check: key without a result': checkKey(undefined, []),
    'worker: digest': workerDigest([gcc, systemd]),
    'worker: digest of nothing': workerDigest([]),
    'conversion: recipe': conversionRecipe,
    'conversion: key': standInKey(made.standIn, 'x86_64'),
    'conversion: keys of our own': Object.fromEntries(
      builtinPackages.map((one) => [one.name, standInKey(one, 'x86_64')]),
    ),
    'conversion: keys of a lock': Object.fromEntries(
      standIns(new Map(made.lock.packages.map((deb) => [deb.name, deb]))).map((one) => [
        one.name,
        standInKey(one, 'x86_64'),
      ]),
    ),
    'conversion: names': Object.fromEntries(made.debianNames.map((name) => [name, rpmName(name)])),
    'conversion: aliases': rpmNames.map((name) => [name, ...aliases(name)].join(' ')),
    'conversion: parts, the first first': primaryFirst(made.debianNames),
    'conversion: entries': byField(Object.fromEntries(rpmNames.map((name) => [name, extraEntries(name)]))),
    'conversion: of all names': textDigest(text(standIns(new Map(plainDebs.map((deb) => [deb.name, deb]))))),
    'toolchain: wishes': textDigest(
      text([workerPackages, buildPackages, imagePackages, excludedPackages.source]),
    ),
    'toolchain: text of a lock': lockBytes.toString(),
    'toolchain: lock in a key': lockInKey(lockBytes),
    'toolchain: stamp': stamp(made.lock),
    'toolchain: kind': kindOf('debian 12', 'x64'),
    'toolchain: files': { archiveFile, lockFile, stampFile },
    'toolchain: text': text(made.toolchain),
    'solver: recipe': textDigest(solverRecipe),
    'solver: question': solverQuestion(request, made.toolchain),
    'solver: question to a toolchain that was downloaded': solverQuestion(request, {
      ...made.toolchain,
      mode: 'download',
    }),
    'boot test: recipe': textDigest(bootTestRecipe),
    'identity: GUID': fixedUuid('seed', 'what'),
    'identity: volume': fixedVolumeId('seed', 'what'),
    'identity: password': sha512Crypt('secret', fixedSalt('seed')),
    ...Object.fromEntries(outputs),
  };
}

function names(): Record<string, unknown> {
  const exchanged = [
    claimName(2, 'gtk+-3', 1),
    heartbeatName(2, 3, 4, 5, false),
    heartbeatName(2, 3, 4, 5, true),
    resultName(2, 3, 4),
  ];
  return {
    'names: exchanged': exchanged,
    'names: exchanged, as they are read': exchanged.map(parseName),
    'names: plan': planName(2),
    'names: toolchain': toolchainName(2),
    'names: logs': [logsName(2, 3), logsName(2, 'merge')],
    'names: repository': repositoryNames('x86_64'),
    'names: images': [
      imagePrefix,
      imageArtifact('examples/distro/imageconfigs/minimal.json'),
      imageArtifact('a b/c.json'),
      serialLogArtifact('imageconfigs/x/minimal.json', 2),
    ],
    'names: assets': ['minimal-3.1.raw', '.a b~c.qcow2'].map(assetName),
    'names: files of a result': [resultFiles(made.result), pathsWithoutDebug(made.result)],
    'text: SHA256SUMS': sha256Sums(
      ['b.raw', 'a.raw'].map((name) => ({ path: `/x/${name}`, name, size: 1, sha256: made.hex('a') })),
    ),
  };
}

async function cacheEntries(): Promise<Record<string, unknown>> {
  const event = join(newFolder(), 'event.json');
  writeFileSync(event, text({ repository: { default_branch: 'main' } }));
  const environment = {
    GITHUB_REF: 'refs/heads/a/branch',
    GITHUB_BASE_REF: 'base',
    GITHUB_EVENT_PATH: event,
    GITHUB_RUN_ID: '77',
    GITHUB_RUN_ATTEMPT: '2',
    GITHUB_WORKSPACE: newFolder(),
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const indexed = askedCache();
  const saved = { cache: indexed.cache, tempDir: newFolder(), log };
  await fetchIndex({ ...saved, isListed: async () => false, onStoreError: 'fail' });
  await saveIndex(newIndex(), 1_796_000_000, saved);

  const results = askedCache();
  const index: StoreIndex = {
    ...newIndex(),
    results: new Map([[made.result.key, { result: made.result, seen: 1, stored: 'without-debug' }]]),
  };
  const store = cachedStore(directoryStore(newFolder()), results.cache, index, {
    ...{ tempDir: newFolder(), warn: () => {}, onStoreError: 'fail', saves: true, shared: false },
    partsToSave: () => 'full',
  });
  await store.search(made.hex('e'), 'other');
  await store.openWithoutDebug(made.result).catch(() => {});

  const images = askedCache();
  const spare = imageCache(images.cache, newFolder(), true, log);
  await spare.fetch(made.image.key, imageStore(newFolder(), log));
  await spare.save(made.image, newFolder());

  const toolchains = askedCache();
  const kind = await toolchainKind();
  const dirs = { dir: join(newFolder(), 'toolchain'), cacheDir: newFolder() };
  await fetchCachedToolchain({ ...dirs, cache: toolchains.cache, onStoreError: 'fail', log });

  asked.length = 0;
  const root = newFolder();
  writeFileSync(join(root, 'a'), '');
  const cache = actionsCache(log);
  await cache.fetch('place', 'key', join(newFolder(), 'x'));
  await cache.fetchNewest('place', 'prefix-', join(newFolder(), 'x'));
  await cache.save('place', 'key', root, ['a']);
  vi.unstubAllEnvs();
  return {
    'cache: index': indexed.calls,
    'cache: results': results.calls,
    'cache: images': images.calls,
    'cache: toolchain': JSON.parse(text(toolchains.calls).replaceAll(kind, '<kind>')),
    'cache: paths of entries': [...asked],
  };
}

async function documents(): Promise<Record<string, unknown>> {
  const { result } = made;
  const nonReproducible = {
    package: 'lib',
    rpms: ['lib'],
    counts: { shard: 1, artifact: 'azl-result-1-1-1' },
    others: [{ shard: 2, artifact: null }],
  };
  const build = buildJson(
    new Map([
      ['lib', { state: 'built', reason: 'spec changed', result, stored: 'full' }],
      [
        'app',
        { state: 'failed', reason: '%build failed', log: '/x/app.log', seconds: 3, key: made.hex('c') },
      ],
      ['bar', { state: 'blocked', reason: 'app failed', rootCauses: ['app'] }],
      ['baz', { state: 'left', reason: 'no time' }],
      ['foo', { state: 'reused', reason: 'unchanged', result: { ...result, package: 'foo' } }],
    ]),
    {
      pathOf: ({ file, arch }) => `RPMS/${arch}/${file}`,
      publishedRpms: (outcome) => ('result' in outcome ? outcome.result.rpms : []),
      checks: new Map([
        ['lib', true],
        ['foo', false],
      ]),
      logOf: (name) => `azl-logs-1-${name}`,
      nonReproducible: [nonReproducible],
      builtAgain: ['lib'],
    },
  );
  const planned = { key: made.hex('d'), components: {}, installed: [], packages: [] };
  const plan = planJson(
    new Map([
      ['lib', { state: 'reuse', reason: 'unchanged', result }],
      ['app', { state: 'build', reason: 'spec changed', build: planned }],
      ['bar', { state: 'maybe', reason: 'app is built', waitsFor: ['app'] }],
      ['baz', { state: 'failed', reason: 'nothing provides x' }],
    ]),
    {
      ...{ workerDigest: made.hex('a'), shards: 2, entries: 3, heavy: ['app'], heavyShards: 1 },
      ...{ heavyEntries: 1, retentionDays: 1 },
    },
    new Map([['lib', 12.5]]),
  );
  const answer = { ok: true as const, installed: [{ origin: 'local' as const, file: lib.file }] };
  const index: StoreIndex = {
    ...newIndex(),
    results: new Map([[result.key, { result, seen: 1_796_000_000, stored: 'without-debug' }]]),
    answers: new Map([[made.hex('f'), answer]]),
  };
  const dir = newFolder();

  const store = newFolder();
  const files = newFolder();
  await directoryStore(store).put(result, files, false);

  let claimText = '';
  const exchange = {
    find: async () => undefined,
    create: async (_name: string, files: ArtifactFiles) => {
      await files(async (root, [file = '']) => {
        claimText = `${file}: ${written(join(root, file))}`;
      });
      return { id: 1, name: 'x', createdAt: 0, size: 0 };
    },
  };
  const inputs = { buildDir: newFolder(), outDir: newFolder() };
  mkdirSync(join(inputs.buildDir, 'exchange'));
  const context = { inputs };
  await claim({ state: { context }, exchange, shard: { id: 3 } } as never, 'name');
  const srpm = join(newFolder(), result.srpm.file);
  writeFileSync(srpm, 'srpm');
  const repository = { outDir: inputs.outDir, arch: 'x86_64', packages: new Set(['lib']) };
  await publishSrpm(repository, 'lib', srpm);

  const kept = { overlay: newFolder(), staging: newFolder() };
  const note = { package: 'lib', workerDigest: made.hex('a'), argv: ['rpmbuild', '-bb'] };
  await keepRoot(kept, join(dir, 'kept'), note);

  const folder = newFolder();
  writeFileSync(join(folder, 'minimal-3.1.raw'), 'raw');
  const { manifest } = await publishImage(join(dir, 'images'), made.image, folder);
  await imageStore(newFolder(), log).put(made.image, folder);

  const images = imageStore(join(dir, 'store'), log);
  await images.keepVerdict(made.image.key, made.verdict);

  const memory = await openAnswers(join(dir, 'solver.json'), true, newIndex());
  memory.set(made.hex('f'), answer);
  await memory.save();

  await writeJson(join(dir, 'build.json'), build);
  await writeJson(join(dir, 'plan.json'), plan);
  return {
    'text: build.json': written(join(dir, 'build.json')),
    'text: plan.json': written(join(dir, 'plan.json')),
    'text: packages.json': written(join(inputs.outDir, 'packages.json')),
    'text: heartbeat.json': heartbeatText({
      ...{ shard: 2, attempt: 1, clock: 1_796_000_020, reports: [...made.reports] },
      ranOut: [{ package: 'slow', seconds: 7 }],
    }),
    'text: claim.json': claimText,
    'text: index.json': writeIndex(index),
    'text: result.json': written(join(store, 'results', 'aa', result.key, 'result.json')),
    'text: result.sha256': written(join(store, 'results', 'aa', result.key, 'result.sha256')),
    'text: latest': written(join(store, 'latest', 'lib.json')),
    'text: solver.json': written(join(dir, 'solver.json')),
    'text: kept.json': written(join(dir, 'kept', 'kept.json')),
    'text: manifest of an image': `${manifest.slice(dir.length)}: ${written(manifest)}`,
    'text: boot.json': written(join(images.folder(made.image.key), 'boot.json')),
  };
}

const present = helperFiles();
const golden: Record<string, string> = existsSync(goldenFile) ? JSON.parse(written(goldenFile)) : {};

/** Digests of the helpers. Where a file lies and what it is called is free: that its bytes are there is not. */
function helpers(): Record<string, unknown> {
  if (isWriting) {
    const byName = new Map([...present].map(([digest, path]) => [path.split('/').at(-1), digest]));
    return { helpers: Object.fromEntries(hashedHelpers.map((name) => [name, byName.get(name)])) };
  }
  const fixed = Object.entries<string>(JSON.parse(golden['helpers'] ?? '{}'));
  return { helpers: Object.fromEntries(fixed.map(([name, one]) => [name, present.has(one) ? one : 'gone'])) };
}

const values: Record<string, unknown> = {
  ...helpers(),
  ...keys(),
  ...digests(),
  ...imageValues('minimal'),
  ...imageValues('full'),
  ...names(),
  ...(await cacheEntries()),
  ...(await documents()),
};
/** What lies in keys.json: a text as it is, all else as JSON. */
const texts = Object.fromEntries(
  Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? value : text(value)]),
);
if (isWriting) writeFileSync(goldenFile, `${JSON.stringify(texts, null, 2)}\n`);
const fixed = isWriting ? texts : golden;

// The filter of system calls, which recipes hold, is another on other machines.
describe.skipIf(process.arch !== 'x64')('stays as it is:', () => {
  it.each(Object.keys(fixed))('%s', (name) => {
    const one = fixed[name] as string;
    // Says best what differs; but the order of fields counts, too: it is part of digests over them.
    if (typeof values[name] === 'object') expect(values[name]).toEqual(JSON.parse(one));
    expect(texts[name]).toBe(one);
  });

  it('nothing is left out', () => {
    expect(Object.keys(texts).sort()).toEqual(Object.keys(fixed).sort());
  });
});
