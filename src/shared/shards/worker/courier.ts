import { join } from 'node:path';
import type { Result } from '../../model/build-result.ts';
import { bytesOf, resultFiles } from '../../store/result-files.ts';
import { DamagedResultError } from '../../store/store.ts';
import { heartbeatFile, heartbeatText, type PackageReport } from '../protocol/heartbeat.ts';
import type { ArtifactInfo, ListedHeartbeat } from '../protocol/listing.ts';
import * as shards from '../scheduler/shard.ts';
import type { ArtifactFiles } from '../transport/exchange.ts';
import { ownerOf } from './claim.ts';
import { now, type RunningShard } from './running-shard.ts';
import { textFile } from './temporary-files.ts';

type PublishableReport = PackageReport & { result: Result };

/** The traffic of a shard with the exchange. */
export class Courier {
  private readonly own: RunningShard;
  private readonly abandon: (name: string) => void;

  /** @param abandon makes it possible to build a package again */
  constructor(own: RunningShard, abandon: (name: string) => void) {
    this.own = own;
    this.abandon = abandon;
  }

  async list(): Promise<void> {
    shards.listed(this.own.shard, await this.own.exchange.list(), now());
  }

  async find(id: number, name: string): Promise<void> {
    shards.foundHeartbeat(this.own.shard, id, await this.own.exchange.find(name));
  }

  async read(heartbeats: readonly ListedHeartbeat[]): Promise<void> {
    const read = heartbeats.map(async (one) => ({
      ...one,
      isThere: await this.own.heartbeats.read(one.artifact),
    }));
    for (const { shard, publication, isThere } of await Promise.all(read))
      shards.heartbeatRead(this.own.shard, shard, publication, !isThere);
  }

  async ask(claims: readonly ArtifactInfo[]): Promise<void> {
    const asked = claims.map(async (one) => [one, await ownerOf(this.own, one)] as const);
    for (const [one, owner] of await Promise.all(asked)) shards.ownerFound(this.own.shard, one, owner);
  }

  async remove(names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.own.exchange.remove(name)));
    shards.removed(this.own.shard, names);
  }

  /** Makes one artifact of the results of packages. Results of other shards that count instead are left out. */
  async publish(packages: readonly string[], replaced: readonly string[]): Promise<void> {
    const { shard, exchange } = this.own;
    const results = packages.flatMap((name) => this.ownResult(name, replaced));
    if (results.length === 0) return shards.published(shard, undefined, packages, 0, replaced);
    const name = shards.nextResultName(shard);
    let artifact: ArtifactInfo | undefined;
    try {
      artifact = await exchange.create(name, this.filesOf(results.map(({ result }) => result)));
    } catch (error) {
      if (!(error instanceof DamagedResultError)) throw error;
      return await this.dropOwn(error);
    }
    if (artifact === undefined) throw new Error(`the artifact '${name}' is there already`);
    for (const report of results) this.notePublished(report, artifact);
    const bytes = results.reduce((sum, { result }) => sum + bytesOf(result), 0);
    shards.published(shard, name, packages, bytes, replaced);
  }

  /** Returns the files of results, whose folders lie beside each other in the store. They are opened when they are copied. */
  private filesOf(results: readonly Result[]): ArtifactFiles {
    const { store } = this.own.state.context;
    return async (use) => {
      const folders: string[] = [];
      for (const result of results) folders.push(await store.open(result));
      return await use(join(folders[0] as string, '..', '..'), results.flatMap(resultFiles));
    };
  }

  /** Returns an own result that counts and that only this shard or one of the `replaced` artifacts has. */
  private ownResult(name: string, replaced: readonly string[]): PublishableReport[] {
    const { state, reports, options } = this.own;
    const key = reports.get(name)?.key ?? undefined;
    const report = key === undefined ? undefined : state.known.results.get(key);
    if (report === undefined || report.shard !== options.id) return [];
    return report.artifact === null || replaced.includes(report.artifact ?? '') ? [report] : [];
  }

  private notePublished(report: PublishableReport, { name, id }: ArtifactInfo): void {
    const { state, reports } = this.own;
    const published = { ...report, artifact: name, id: report.id ?? id };
    reports.set(report.package, published);
    state.noteReport(published);
    state.known.results.set(report.result.key, published);
  }

  /** Forgets an own result whose files are damaged: it counts as never built. */
  private async dropOwn({ key, message }: DamagedResultError): Promise<void> {
    const { state, reports, shard, wakeUp } = this.own;
    const [name] = [...reports.values()].flatMap((one) => (one.key === key ? [one.package] : []));
    await state.dropDamaged(key, `${message}. It is built again.`);
    if (name === undefined) return;
    reports.delete(name);
    shards.dropped(shard, name);
    if (shard.building.has(name)) wakeUp.call();
    else this.abandon(name);
  }

  /** @param ended true for the last heartbeat of this shard */
  async heartbeat(ended: boolean): Promise<void> {
    const { shard, state, exchange } = this.own;
    const { store, inputs } = state.context;
    // No heartbeat reports what is saved after the last one.
    if (ended) await store.flush();
    const name = shards.nextHeartbeatName(shard, ended);
    const artifact = await exchange.create(
      name,
      textFile(inputs, heartbeatFile, () => this.heartbeatText()),
    );
    if (artifact === undefined) throw new Error(`the artifact '${name}' is there already`);
    shards.heartbeatSent(shard, artifact, now());
  }

  private heartbeatText(): string {
    const { shard, options, reports, ranOut } = this.own;
    const { id, attempt } = options;
    const published = [...reports.values()].filter(
      ({ package: name, state, artifact }) =>
        !shard.pending.has(name) && (state === 'failed' || typeof artifact === 'string'),
    );
    return heartbeatText({
      ...{ shard: id, attempt, clock: Date.now() / 1000 },
      reports: published.map((report) => this.withStoredParts(report)),
      ranOut: [...ranOut].map(([name, seconds]) => ({ package: name, seconds })),
    });
  }

  /** Adds to a report what later runs can have of its result by now. */
  private withStoredParts(report: PackageReport): PackageReport {
    const { store } = this.own.state.context;
    const stored = report.result === undefined ? undefined : store.saved(report.result.key);
    return stored === undefined ? report : { ...report, stored };
  }

  /** True if the newest heartbeat does not report what was published last. */
  get isBehind(): boolean {
    const { heartbeat, publications } = this.own.shard;
    return (heartbeat?.publication ?? 0) < publications;
  }

  /** True if this shard has results of which no other shard can know. */
  get hasUnreported(): boolean {
    return this.own.shard.pending.size > 0 || this.isBehind;
  }
}
