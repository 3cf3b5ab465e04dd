import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { actionsCache } from '../../../src/shared/github/cache/actions-cache.ts';
import type { Cache } from '../../../src/shared/github/cache/cache.ts';
import { imageArtifact, imagePrefix, serialLogArtifact } from '../../../src/shared/image/artifacts.ts';
import { imageCache } from '../../../src/shared/image/cache/image-cache.ts';
import { imageStore } from '../../../src/shared/image/cache/image-store.ts';
import { planName } from '../../../src/shared/jobs/read-plan.ts';
import { assetName, sha256Sums } from '../../../src/shared/release/assets.ts';
import { logsName, repositoryNames } from '../../../src/shared/rpm-repository/write/publish-artifacts.ts';
import {
  claimName,
  heartbeatName,
  parseName,
  resultName,
} from '../../../src/shared/shards/protocol/names.ts';
import { toolchainName } from '../../../src/shared/shards/transport/shared-toolchain.ts';
import { CachedStore } from '../../../src/shared/store/cached-store.ts';
import { DirectoryStore } from '../../../src/shared/store/directory-store.ts';
import { pathsWithoutDebug, resultFiles } from '../../../src/shared/store/result-files.ts';
import { fetchIndex, saveIndex } from '../../../src/shared/store/saved-index.ts';
import { newIndex, type StoreIndex } from '../../../src/shared/store/store-index.ts';
import { toolchainKind } from '../../../src/shared/toolchain/recipe.ts';
import { fetchCachedToolchain } from '../../../src/shared/toolchain/toolchain-cache.ts';
import { fixedValues, log, newFolder, text } from './golden.ts';
import * as made from './made-up.ts';
import * as madeImages from './made-up-images.ts';

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
  const store = new CachedStore(new DirectoryStore(newFolder()), results.cache, index, {
    ...{ tempDir: newFolder(), warn: () => {}, onStoreError: 'fail', saves: true, shared: false },
    partsToSave: () => 'full',
  });
  await store.search(made.hex('e'), 'other');
  await store.openWithoutDebug(made.result).catch(() => {});

  const images = askedCache();
  const spare = imageCache(images.cache, newFolder(), true, log);
  await spare.fetch(madeImages.image, imageStore(newFolder(), log));
  await spare.save(madeImages.image, newFolder());

  const toolchains = askedCache();
  const kind = await toolchainKind();
  const dirs = { dir: join(newFolder(), 'toolchain'), cacheDir: newFolder() };
  await fetchCachedToolchain({
    ...dirs,
    mode: 'bootstrap',
    cache: toolchains.cache,
    onStoreError: 'fail',
    log,
  });

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

fixedValues('names', async () => ({ ...names(), ...(await cacheEntries()) }));
