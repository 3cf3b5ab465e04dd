import { lstat, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { debugCall } from '../../base/debug.ts';
import type { Log } from '../../base/log.ts';
import { exponential, type RetryPolicy, retry } from '../../base/retry.ts';
import { linkFile } from '../../host/files.ts';
import { moveFolder } from '../../host/folders.ts';
import { diskFull, ranOutOfSpace } from '../../host/full-disk.ts';
import { captureOutput } from '../capture-output.ts';
import { type Cache, CacheUnavailableError, DamagedEntryError } from './cache.ts';

/**
 * Where entries lie on their way, below the workspace. The path is part of what an entry is found by: it has to be the
 * same wherever a job runs, so it is relative and no input.
 */
const folder = '.azl-cache';

/** Attempts of a call that gets no answer. */
const attempts = 4;

/** The failures that no later attempt changes: this job lacks the right, by its token or by its runner's settings. */
const denied = /cache (?:read|write) denied|Cache (?:restore|save) skipped/;

/** All came, and tar makes nothing of it. */
const unpacking = /tar"? failed with error/;

/**
 * The cache of GitHub Actions, in the scopes of this job's token. `@actions/cache` answers a failure like a miss, with
 * undefined; but it tells of each failure and of no miss, and so the two are told apart. That this job may not read is no
 * failure, and said once: it works as if nobody had left anything.
 */
export function actionsCache(log: Log, signal?: AbortSignal): Cache {
  let readable = true;
  let loaded: Promise<typeof import('@actions/cache')> | undefined;
  const library = () => {
    loaded ??= import('@actions/cache');
    return loaded;
  };
  const workspace = process.env['GITHUB_WORKSPACE'] ?? process.cwd();

  const policy: RetryPolicy = {
    ...{ attempts, delay: exponential(2, 3), signal },
    isTransient: (error) =>
      error instanceof DamagedEntryError || (error instanceof CacheUnavailableError && error.isTransient),
    retryAfter: (error) => rateLimitSeconds((error as Error).message),
  };

  const askedFor = (question: () => Promise<string | undefined>): Promise<string | undefined> =>
    retry(policy, async () => {
      const { value, complaints } = await captureOutput(question);
      if (value !== undefined || complaints.length === 0) return value;
      const words = complaints.join('; ');
      if (denied.test(words)) {
        if (readable) log.warn(`The cache may not be read, so nothing of earlier runs is reused: ${words}`);
        readable = false;
        return undefined;
      }
      if (unpacking.test(words)) {
        if (await ranOutOfSpace('', workspace)) throw diskFull();
        // The service may have sent the body of an error: an entry is damaged when it stays so.
        throw new DamagedEntryError(words);
      }
      throw new CacheUnavailableError(words);
    });

  const saved = (question: () => Promise<number>): Promise<void> =>
    retry(policy, async (attempt) => {
      const { value, complaints } = await captureOutput(question);
      const words = complaints.join('; ');
      if (value !== -1 || words === '') return;
      if (/\(409\)|already exists/.test(words)) {
        if (attempt === 1) return;
        throw new CacheUnavailableError('an upload that never ended holds its key', false);
      }
      throw new CacheUnavailableError(words, !denied.test(words));
    });

  const restore = async (place: string, key: string, prefixes: string[], dir: string) => {
    if (!readable) return undefined;
    const path = `${folder}/${place}`;
    const own = join(workspace, path);
    await rm(own, { recursive: true, force: true });
    try {
      const found = await askedFor(async () => await (await library()).restoreCache([path], key, prefixes));
      if (found === undefined) return undefined;
      // A key that only begins like the one asked for is another entry.
      if (prefixes.length === 0 && found.toLowerCase() !== key.toLowerCase()) return undefined;
      const isFolder = (await lstat(own).catch(() => undefined))?.isDirectory() === true;
      if (!isFolder) throw new DamagedEntryError(`the entry '${found}' of the cache is not what was saved`);
      await mkdir(dirname(dir), { recursive: true });
      await moveFolder(own, dir);
      return found;
    } finally {
      await rm(own, { recursive: true, force: true });
    }
  };

  return {
    get readable() {
      return readable;
    },
    fetch: async (place, key, dir) =>
      (await debugCall(
        () => `cache: ${key}`,
        () => restore(place, key, [], dir),
        (found) => (found === undefined ? 'no such entry' : 'fetched'),
      )) !== undefined,
    fetchNewest: async (place, prefix, dir) =>
      await debugCall(
        () => `cache: newest ${prefix}…`,
        () => restore(place, prefix, [prefix], dir),
        (found) => found ?? 'no such entry',
      ),
    save: async (place, key, root, files) => {
      const own = join(workspace, folder, place);
      await rm(own, { recursive: true, force: true });
      try {
        for (const file of files) await linkFile(join(root, file), join(own, file));
        const save = async () => await (await library()).saveCache([`${folder}/${place}`], key);
        await debugCall(
          () => `cache: save ${key}`,
          () => saved(save),
        );
      } finally {
        await rm(own, { recursive: true, force: true });
      }
    },
  };
}

/** Seconds until the rate limit of the service ends, as its message says. */
function rateLimitSeconds(message: string): number {
  const [, seconds] = /rate limit will reset in (\d+) seconds/.exec(message) ?? [];
  return Number(seconds ?? 0);
}
