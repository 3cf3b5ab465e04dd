import { clock } from '../../base/duration.ts';
import { BuildFailedError } from '../../builder/build-failed.ts';
import type { Round } from '../../builder/build-one.ts';
import { readFailure } from '../../builder/log-failure.ts';
import { StoreUnavailableError } from '../../github/cache/cache.ts';
import type { Outcome } from '../../model/outcome.ts';
import { bytesOf } from '../../store/result-files.ts';
import { DamagedResultError } from '../../store/store.ts';
import type { PackageReport } from '../protocol/heartbeat.ts';
import * as shards from '../scheduler/shard.ts';
import type { Candidate, Step } from '../scheduler/work.ts';
import { now, type RunningShard } from './running-shard.ts';

/** A report on a package before its state is set. */
type Ended = Omit<PackageReport, 'state'>;
type Failed = Extract<Outcome, { state: 'failed' }>;

/** Starts the build of a package that this shard has claimed. */
export function startBuild(own: RunningShard, { package: name, seconds }: Candidate, claim: string): void {
  shards.claimed(own.shard, name, claim, seconds, now());
  const running = build(own, name)
    .catch((error: unknown) => {
      own.error ??= error;
    })
    .finally(() => {
      own.builds.delete(running);
      own.wakeUp.call();
    });
  own.builds.add(running);
}

/** Fails a package without a build. */
export function giveUp(
  own: RunningShard,
  { package: name, reason, kind }: Extract<Step, { do: 'give-up' }>,
): void {
  const { progress, context } = own.state;
  context.log.error(`${name}: ${reason}`);
  const key = progress.ready.get(name)?.build.key ?? null;
  fail(own, { ...reportOf(own, name, key, reason), kind }, { state: 'failed', reason, kind });
}

/** Makes it possible to build a package again: neither a result nor a failure is known of it. */
export function abandon({ shard, state }: RunningShard, name: string): void {
  shards.abandoned(shard, name);
  state.buildEnded();
}

async function build(own: RunningShard, name: string): Promise<void> {
  const { progress, context } = own.state;
  const ready = progress.ready.get(name);
  if (ready === undefined) return abandon(own, name);
  const { isRound } = ready.build;
  context.log.info(
    `${name}: ${isRound ? 'running its %generate_buildrequires' : `building (${ready.reason})`}`,
  );
  const started = Date.now() / 1000;
  let outcome: Outcome | Round;
  try {
    outcome = await own.buildOne(context, name, ready, progress.graph.results);
  } catch (error) {
    if (error instanceof BuildFailedError) return leaveToOthers(own, name, Date.now() / 1000 - started);
    const isUnavailable = error instanceof StoreUnavailableError;
    if (error instanceof DamagedResultError) await own.state.dropDamaged(error);
    else if (!isUnavailable) throw error;
    abandon(own, name);
    // A shard with an answer from the store may build it: this one ends, and releases its claim.
    if (isUnavailable) throw error;
    return;
  }
  if (outcome.state === 'round') return await noteRound(own, name, ready.build.key, outcome.named);
  const times = { started, ended: Math.max(started, Date.now() / 1000) };
  await noteOutcome(own, { ...reportOf(own, name, ready.build.key, outcome.reason), ...times }, outcome);
}

/**
 * Notes what a `%generate_buildrequires` named, and goes on with the package if nothing else is to be built for it. The
 * next heartbeat tells the other jobs.
 */
async function noteRound(own: RunningShard, name: string, key: string, named: Round['named']): Promise<void> {
  const { state, shard } = own;
  if (named.length > 0) state.context.log.info(`${name}: its %generate_buildrequires names ${shown(named)}`);
  state.noteGenerated({ key, package: name, requirements: [...named] });
  if (await state.resolveNext(name)) return await build(own, name);
  shards.reported(shard, name);
  state.buildEnded();
}

/** Requirements that one line of the log names before the rest is counted. */
const mostNamed = 10;

function shown(named: Round['named']): string {
  const more = named.length > mostNamed ? ` and ${named.length - mostNamed} more` : '';
  return `${named.slice(0, mostNamed).join(', ')}${more}`;
}

function leaveToOthers({ state, shard, ranOut }: RunningShard, name: string, seconds: number): void {
  state.context.log.warn(
    `${name}: its build did not end in the ${clock(seconds)} that this shard had left. It is left to one that has more.`,
  );
  ranOut.set(name, seconds);
  state.noteRanOut(name, seconds);
  shards.reported(shard, name);
  state.buildEnded();
}

async function noteOutcome(own: RunningShard, report: Ended, outcome: Outcome): Promise<void> {
  if (outcome.state === 'failed') {
    const { lines } = await readFailure(outcome.log);
    const { seconds = 0, kind, line } = outcome;
    fail(own, { ...report, seconds, kind, line, lines }, outcome);
  } else if ('result' in outcome) {
    const { state, result } = outcome;
    const { seconds } = result;
    if (state === 'built') own.state.context.log.info(`${report.package}: built in ${clock(seconds)}`);
    const built: PackageReport = { ...report, state: 'built', seconds, result, artifact: null };
    own.state.noteResult(built, outcome);
    finish(own, built, bytesOf(result));
  }
}

function fail(own: RunningShard, report: Ended, outcome: Failed): void {
  const failed: PackageReport = { ...report, state: 'failed' };
  own.state.noteFailure(failed, outcome);
  finish(own, failed, 0);
}

function finish({ reports, shard, state }: RunningShard, report: PackageReport, bytes: number): void {
  reports.set(report.package, report);
  shards.finished(shard, report.package, bytes, now());
  state.buildEnded();
}

function reportOf({ shard }: RunningShard, name: string, key: string | null, reason: string): Ended {
  return { package: name, key, reason, shard: shard.id, lines: [], seconds: 0 };
}
