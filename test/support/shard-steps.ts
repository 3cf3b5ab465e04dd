import type { ArtifactInfo } from '../../src/shared/shards/protocol/listing.ts';
import { defaultSettings } from '../../src/shared/shards/scheduler/settings.ts';
import {
  heartbeatSent,
  listed,
  newShard,
  nextHeartbeatName,
  type Shard,
} from '../../src/shared/shards/scheduler/shard.ts';
import type { Candidate, Work } from '../../src/shared/shards/scheduler/work.ts';

/** An artifact as a listing shows it. */
export const item = (name: string, createdAt: number): ArtifactInfo => ({ id: 1, name, createdAt, size: 1 });
/** A package that can be built. */
export const candidate = (name: string, seconds = 60, ...needs: string[]): Candidate => ({
  package: name,
  seconds,
  needs,
});
/** What there is to do, with shards 1 to 99 to do it. */
export const work = (candidates: Candidate[], more: Partial<Work> = {}): Work => ({
  candidates,
  left: candidates.length,
  shortest: () => Math.min(...candidates.map(({ seconds }) => seconds)),
  helping: () => 99,
  peers: { first: 1, last: 99 },
  elsewhere: [],
  others: undefined,
  ...more,
});

/** Shard 1, which has signed and looked around at `now`: its own sign and `others` are listed. */
export function awake(others: ArtifactInfo[] = [], now = 0, id = 1): Shard {
  const shard = newShard(id, 1, defaultSettings, now);
  const own = item(nextHeartbeatName(shard, false), now);
  listed(shard, [], now);
  heartbeatSent(shard, own, now);
  listed(shard, [own, ...others], now);
  return shard;
}
