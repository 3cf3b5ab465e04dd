import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactInfo } from '../protocol/listing.ts';
import * as shards from '../scheduler/shard.ts';
import { now, type RunningShard } from './running-shard.ts';
import { textFile, withFolder } from './temporary-files.ts';

type Parts = Pick<RunningShard, 'state' | 'exchange' | 'shard'>;

/** The file of a claim: it names the owner. */
const claimFile = 'claim.json';

/** Creates a claim. @returns true if this shard has it now, also when the answer to its creation was lost */
export async function claim({ state, exchange, shard }: Parts, name: string): Promise<boolean> {
  const text = () => JSON.stringify({ shard: shard.id });
  let failure: unknown;
  const created = await exchange
    .create(name, textFile(state.context.inputs, claimFile, text))
    .catch((error: unknown) => {
      failure = error;
      return undefined;
    });
  if (created !== undefined) return true;
  const existing = await exchange.find(name);
  if (existing !== undefined) {
    const owner = await ownerOf({ state, exchange }, existing);
    if (owner === shard.id) return true;
    shards.ownerFound(shard, existing, owner);
    shards.foundClaim(shard, existing);
    return false;
  }
  if (failure !== undefined) throw failure;
  shards.refused(shard, name, now());
  return false;
}

/** Returns the shard that owns a claim; undefined when the claim is gone or names no owner. */
export async function ownerOf(
  { state, exchange }: Pick<Parts, 'state' | 'exchange'>,
  artifact: ArtifactInfo,
): Promise<number | undefined> {
  return await withFolder(state.context.inputs, async (dir) => {
    if (!(await exchange.fetch(artifact, join(dir, 'claim')))) return undefined;
    const text = await readFile(join(dir, 'claim', claimFile), 'utf8').catch(() => '{}');
    const [, owner] = /^\{"shard":(\d{1,9})\}$/.exec(text) ?? [];
    return owner === undefined ? undefined : Number(owner);
  });
}
