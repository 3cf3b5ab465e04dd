import { claimState } from './claims.ts';
import { compactAt } from './settings.ts';
import type { Shard } from './shard.ts';
import { type Candidate, living, livingPeers, type Step, type Work } from './work.ts';

/** Bytes from which on an artifact is not published again together with others. */
const smallBytes = 50e6;

/** True if finished packages are published now: a shard would take what they make ready, or they have waited too long. */
export function mustPublish(shard: Shard, work: Work, now: number): boolean {
  const { pending, settings } = shard;
  if (pending.size === 0) return false;
  // No other build ends here soon whose result could be published with them.
  if (shard.building.size === 0) return true;
  const all = [...pending.values()];
  if (all.some(({ at }) => now >= at + settings.batchDelay)) return true;
  if (all.reduce((sum, { bytes }) => sum + bytes, 0) >= settings.batchBytes) return true;
  const live = living(shard);
  const own = livingPeers(shard, work).length;
  const isAwaited = (candidates: readonly Candidate[], takers: number) =>
    candidates
      .filter((one) => claimState(shard, one.package, now).state !== 'taken')
      .slice(0, takers)
      .some(({ needs }) => needs.some((need) => pending.has(need)));
  return isAwaited(work.candidates, own) || isAwaited(work.elsewhere, live.length - own);
}

/** Returns the step that makes one artifact of own small ones, once many artifacts are listed. */
export function compaction(shard: Shard): Step | undefined {
  if ((shard.listing?.artifacts.size ?? 0) < compactAt) return undefined;
  const small = [...shard.published]
    .filter(([, { bytes }]) => bytes < smallBytes)
    .sort(([, a], [, b]) => a.bytes - b.bytes);
  const parts: typeof small = [];
  let sum = 0;
  for (const part of small) {
    sum += part[1].bytes;
    if (sum > shard.settings.batchBytes) break;
    parts.push(part);
  }
  if (parts.length < 2) return undefined;
  const packages = parts.flatMap(([, one]) => one.packages);
  return { do: 'publish', packages, replaced: parts.map(([name]) => name) };
}
