import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactInfo } from '../protocol/listing.ts';
import * as shards from '../scheduler/shard.ts';
import { withFile, withFolder } from './passing-files.ts';
import type { RunView } from './run-view.ts';

type Here = Pick<RunView, 'context' | 'exchange'>;

/** In a claim: whose it is. */
const claimFile = 'claim.json';

/**
 * Creates a claim. Answers whether this shard has it now: also when the answer to its creation was lost.
 * @param now seconds of the shard's clock
 */
export async function claim(here: Here, shard: shards.Shard, name: string, now: number): Promise<boolean> {
  const { context, exchange } = here;
  const text = JSON.stringify({ shard: shard.id });
  let trouble: unknown;
  const created = await withFile(context.inputs, claimFile, text, (dir) =>
    exchange.create(name, dir, [claimFile]),
  ).catch((error: unknown) => {
    trouble = error;
    return undefined;
  });
  if (created !== undefined) return true;
  const there = await exchange.find(name);
  if (there !== undefined) {
    const owner = await ownerOf(here, there);
    if (owner === shard.id) return true;
    shard.owners.set(there.id, owner);
    shards.foundClaim(shard, there);
    return false;
  }
  if (trouble !== undefined) throw trouble;
  shards.refused(shard, name, now);
  return false;
}

/** The shard whose claim this is; undefined when it is gone, or does not say. */
export async function ownerOf({ context, exchange }: Here, item: ArtifactInfo): Promise<number | undefined> {
  return await withFolder(context.inputs, async (dir) => {
    if (!(await exchange.fetch(item, join(dir, 'claim')))) return undefined;
    const text = await readFile(join(dir, 'claim', claimFile), 'utf8').catch(() => '{}');
    const [, owner] = /^\{"shard":(\d{1,9})\}$/.exec(text) ?? [];
    return owner === undefined ? undefined : Number(owner);
  });
}
