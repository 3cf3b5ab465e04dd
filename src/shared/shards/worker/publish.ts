import { join } from 'node:path';
import { bytesOf, resultFiles } from '../../store/result-files.ts';
import { DamagedResultError } from '../../store/store.ts';
import { heartbeatFile, heartbeatText } from '../protocol/heartbeat.ts';
import type { BuiltReport } from '../protocol/known-results.ts';
import type { ArtifactInfo } from '../protocol/listing.ts';
import { shareAnswers } from '../protocol/shared-answers.ts';
import * as shards from '../scheduler/shard.ts';
import { type ArtifactFiles, textFile } from '../transport/exchange.ts';
import { abandon } from './package-builds.ts';
import { now, type RunningShard } from './running-shard.ts';

/** Makes one artifact of the results of packages. Results of other shards that count instead are left out. */
export async function publish(
  own: RunningShard,
  packages: readonly string[],
  replaced: readonly string[],
): Promise<void> {
  const { shard, state, reports } = own;
  const results = packages.flatMap((name) => ownResult(own, name, replaced));
  if (results.length === 0) return shards.published(shard, undefined, packages, 0, replaced);
  const name = shards.nextResultName(shard);
  let artifact: ArtifactInfo;
  try {
    artifact = await create(own, name, filesOf(own, results));
  } catch (error) {
    if (!(error instanceof DamagedResultError)) throw error;
    return await dropOwn(own, error);
  }
  for (const report of results) {
    const published = { ...report, artifact: name, id: report.id ?? artifact.id };
    reports.set(report.package, published);
    state.noteReport(published);
  }
  const bytes = results.reduce((sum, { result }) => sum + bytesOf(result), 0);
  shards.published(shard, name, packages, bytes, replaced);
}

async function create({ exchange }: RunningShard, name: string, files: ArtifactFiles): Promise<ArtifactInfo> {
  const artifact = await exchange.create(name, files);
  if (artifact === undefined) throw new Error(`the artifact '${name}' is there already`);
  return artifact;
}

/** Returns the files of results, whose folders lie beside each other in the store. They are opened when they are copied. */
function filesOf({ state }: RunningShard, reports: readonly BuiltReport[]): ArtifactFiles {
  return async (use) => {
    const folders: string[] = [];
    for (const { result } of reports) folders.push(await state.context.store.open(result));
    const files = reports.flatMap(({ result }) => resultFiles(result));
    return await use(join(folders[0] as string, '..', '..'), files);
  };
}

/** Returns an own result that counts and that only this shard or one of the `replaced` artifacts has. */
function ownResult(own: RunningShard, name: string, replaced: readonly string[]): BuiltReport[] {
  const report = own.state.known.results.get(own.reports.get(name)?.key ?? '');
  if (report === undefined || report.shard !== own.shard.id) return [];
  return report.artifact === null || replaced.includes(report.artifact ?? '') ? [report] : [];
}

/** Forgets an own result whose files are damaged: it counts as never built. */
async function dropOwn(own: RunningShard, error: DamagedResultError): Promise<void> {
  const { state, reports, shard } = own;
  const name = [...reports.values()].find(({ key }) => key === error.key)?.package;
  await state.dropDamaged(error);
  if (name === undefined) return;
  reports.delete(name);
  shards.dropped(shard, name);
  if (!shard.building.has(name)) abandon(own, name);
}

/** @param ended true for the last heartbeat of this shard */
export async function sendHeartbeat(own: RunningShard, ended: boolean): Promise<void> {
  const { shard, state } = own;
  const { store, inputs } = state.context;
  // No heartbeat reports what is saved after the last one.
  if (ended) await store.flush();
  const file = textFile(inputs, heartbeatFile, () => textOf(own));
  const artifact = await create(own, shards.nextHeartbeatName(shard, ended), file);
  shards.heartbeatSent(shard, artifact, now());
}

function textOf({ shard, state, reports, ranOut, answers }: RunningShard): string {
  const { found } = state.context.tree.generated;
  const published = [...reports.values()].filter(
    (one) => !shard.pending.has(one.package) && (one.state === 'failed' || typeof one.artifact === 'string'),
  );
  return heartbeatText({
    ...{ shard: shard.id, attempt: shard.attempt, clock: Date.now() / 1000 },
    // By now, later runs may have more of a result.
    reports: published.map((one) => ({
      ...one,
      stored: one.result && state.context.store.saved(one.result.key),
    })),
    ranOut: [...ranOut].map(([name, seconds]) => ({ package: name, seconds })),
    ...(found.size > 0 && { generated: [...found.values()] }),
    answers: shareAnswers(answers.solved, state.context.tree.toolchain.worker),
  });
}

/** True if the newest heartbeat does not report what was published last. */
export function isBehind({ shard }: RunningShard): boolean {
  return (shard.heartbeat?.publication ?? 0) < shard.publications;
}

/** True if this shard has results of which no other shard can know. */
export function hasUnreported(own: RunningShard): boolean {
  return own.shard.pending.size > 0 || isBehind(own);
}
