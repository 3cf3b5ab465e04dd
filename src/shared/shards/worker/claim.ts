import { integer, object } from '../../base/schema.ts';
import { parseDocument } from '../../base/validate.ts';
import type { ArtifactInfo } from '../protocol/listing.ts';
import * as shards from '../scheduler/shard.ts';
import { fetchText, textFile } from '../transport/exchange.ts';
import { now, type RunningShard } from './running-shard.ts';

/** The file of a claim: it names the owner. */
const claimFile = 'claim.json';

const claimSchema = object<{ shard: number }>({ shard: integer() });

/** Creates a claim. @returns true if this shard has it now, also when the answer to its creation was lost */
export async function claim(own: RunningShard, name: string): Promise<boolean> {
  const { state, exchange, shard } = own;
  const file = textFile(state.context.inputs, claimFile, () => JSON.stringify({ shard: shard.id }));
  const created = await exchange.create(name, file).catch((error: unknown) => ({ error }));
  if (created !== undefined && !('error' in created)) return true;
  const existing = await exchange.find(name);
  if (existing !== undefined) {
    const owner = await ownerOf(own, existing);
    if (owner === shard.id) return true;
    shards.ownerFound(shard, existing, owner);
    shards.foundClaim(shard, existing);
    return false;
  }
  if (created !== undefined) throw created.error;
  shards.refused(shard, name, now());
  return false;
}

/** Returns the shard that owns a claim; undefined when the claim is gone or names no owner. */
export async function ownerOf(
  { state, exchange }: RunningShard,
  artifact: ArtifactInfo,
): Promise<number | undefined> {
  const text = await fetchText(exchange, artifact, state.context.inputs, claimFile);
  try {
    return parseDocument(claimSchema, text ?? '', claimFile).shard;
  } catch {
    return undefined;
  }
}
