import { readFile } from 'node:fs/promises';
import { clock } from '../../base/duration.ts';
import { BuildFailedError } from '../../builder/build-failed.ts';
import type { buildOne } from '../../builder/build-one.ts';
import { causeLines } from '../../builder/cause-lines.ts';
import { StoreUnavailableError } from '../../github/cache/cache.ts';
import type { Outcome, ReadyBuild } from '../../model/outcome.ts';
import { bytesOf } from '../../store/result-files.ts';
import { DamagedResultError } from '../../store/store.ts';
import type { PackageReport } from '../protocol/heartbeat.ts';
import * as shards from '../scheduler/shard.ts';
import type { Candidate } from '../scheduler/work.ts';
import { now, type RunningShard } from './running-shard.ts';

/** The builds of a shard: starts them, and notes the outcome of each. */
export class ShardBuilds {
  /** The first error of a build that is no failure of its package. */
  error: unknown;
  private readonly own: RunningShard;
  private readonly buildOne: typeof buildOne;
  private readonly running = new Set<Promise<void>>();

  constructor(own: RunningShard, build: typeof buildOne) {
    this.own = own;
    this.buildOne = build;
  }

  /** Number of builds that are running. */
  get size(): number {
    return this.running.size;
  }

  /** Starts the build of a package that this shard has claimed. */
  start({ package: name, seconds }: Candidate, claim: string): void {
    shards.claimed(this.own.shard, name, claim, seconds, now());
    const running = this.build(name)
      .catch((error: unknown) => {
        this.error ??= error;
      })
      .finally(() => {
        this.running.delete(running);
        this.own.wakeUp.call();
      });
    this.running.add(running);
  }

  /** Fails a package without a build. */
  giveUp(name: string, reason: string): void {
    const { state } = this.own;
    const key = state.progress.ready.get(name)?.build.key ?? null;
    state.context.log.error(`${name}: ${reason}`);
    this.fail({ ...this.reportOf(name, key, reason), state: 'failed' }, { state: 'failed', reason });
  }

  /** Makes it possible to build a package again: neither a result nor a failure is known of it. */
  abandon(name: string): void {
    shards.abandoned(this.own.shard, name);
    this.own.state.buildEnded();
    this.own.wakeUp.call();
  }

  /** Waits for all running builds. */
  async allEnded(): Promise<void> {
    await Promise.all(this.running);
  }

  private async build(name: string): Promise<void> {
    const { state } = this.own;
    const { context } = state;
    const { log } = context;
    const ready = state.progress.ready.get(name);
    if (ready === undefined) return this.abandon(name);
    log.info(`${name}: building (${ready.reason})`);
    const started = Date.now() / 1000;
    let outcome: Outcome;
    try {
      outcome = await this.buildOne(context, name, ready, state.progress.graph.results);
    } catch (error) {
      return await this.endWithoutOutcome(name, error, Date.now() / 1000 - started);
    }
    const times = { started, ended: Math.max(started, Date.now() / 1000) };
    await this.noteOutcome(name, ready, outcome, times);
  }

  /** Notes that a build ended for a reason outside its package. @throws the error, when the shard cannot go on */
  private async endWithoutOutcome(name: string, error: unknown, seconds: number): Promise<void> {
    if (error instanceof BuildFailedError) return this.leaveToOthers(name, seconds);
    // A shard with an answer from the store may build it: this one ends, and releases its claim.
    if (error instanceof StoreUnavailableError) this.abandon(name);
    if (!(error instanceof DamagedResultError)) throw error;
    await this.own.state.dropDamaged(error.key, `${error.message}. It is built again.`);
    this.abandon(name);
  }

  private leaveToOthers(name: string, seconds: number): void {
    const { state, shard, ranOut, wakeUp } = this.own;
    state.context.log.warn(
      `${name}: its build did not end in the ${clock(seconds)} that this shard had left. It is left to one that has more.`,
    );
    ranOut.set(name, seconds);
    state.noteRanOut(name, seconds);
    shards.ranOut(shard, name);
    state.buildEnded();
    wakeUp.call();
  }

  private async noteOutcome(
    name: string,
    { build, reason }: ReadyBuild,
    outcome: Outcome,
    times: { started: number; ended: number },
  ): Promise<void> {
    const report = { ...this.reportOf(name, build.key, reason), ...times };
    if (outcome.state === 'built' || outcome.state === 'reused') {
      const { result } = outcome;
      const { seconds } = result;
      if (outcome.state === 'built') this.own.state.context.log.info(`${name}: built in ${clock(seconds)}`);
      const built = {
        ...report,
        state: 'built' as const,
        reason: outcome.reason,
        seconds,
        result,
        artifact: null,
      };
      this.own.state.noteResult(built, outcome);
      this.finish(built, bytesOf(result));
    } else if (outcome.state === 'failed') {
      const text = outcome.log === undefined ? '' : await readFile(outcome.log, 'utf8').catch(() => '');
      const { seconds = 0 } = outcome;
      const lines = causeLines(text);
      this.fail({ ...report, state: 'failed', reason: outcome.reason, seconds, lines }, outcome);
    }
  }

  private fail(report: PackageReport, outcome: Extract<Outcome, { state: 'failed' }>): void {
    this.own.state.noteFailure(report, outcome);
    this.finish(report, 0);
  }

  private finish(report: PackageReport, bytes: number): void {
    const { reports, shard, state, wakeUp } = this.own;
    reports.set(report.package, report);
    shards.finished(shard, report.package, bytes, now());
    state.buildEnded();
    wakeUp.call();
  }

  private reportOf(name: string, key: string | null, reason: string): Omit<PackageReport, 'state'> {
    return { package: name, key, reason, shard: this.own.options.id, lines: [], seconds: 0 };
  }
}
