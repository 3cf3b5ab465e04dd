import { type Answer, moment } from './answer.ts';
import type { Caches } from './caches.ts';
import type { RestCall } from './openapi.ts';
import { page } from './pages.ts';

/** GitHub's list of the cache entries of a repository, of all refs. `key`: what theirs begin with. */
export function cacheList(caches: Caches, call: RestCall): Answer {
  const { key = '', ref, sort, direction } = call.query as Record<string, string | undefined>;
  const all = caches
    .visible()
    .filter((one) => one.key.toLowerCase().startsWith(key.toLowerCase()) && (ref ?? one.ref) === one.ref)
    .map(({ usedAt, createdAt, size, ...entry }) => ({
      ...entry,
      last_accessed_at: moment(usedAt),
      created_at: moment(createdAt),
      size_in_bytes: size,
    }));
  const by = sort as 'created_at' | 'last_accessed_at' | 'size_in_bytes';
  const sorted = all.sort((a, b) => (a[by] < b[by] ? -1 : a[by] > b[by] ? 1 : a.id - b.id));
  if (direction === 'desc') sorted.reverse();
  const answer = page(call, sorted);
  return { ...answer, body: { total_count: sorted.length, actions_caches: answer.body } };
}
