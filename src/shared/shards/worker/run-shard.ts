import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clock } from '../../base/duration.ts';
import { buildOne } from '../../builder/build-one.ts';
import { BuildFailedError } from '../../builder/build-package.ts';
import { causeLines } from '../../builder/cause-lines.ts';
import { StoreUnavailableError } from '../../github/cache/cache.ts';
import { isDiskFull } from '../../host/full-disk.ts';
import type { Outcome } from '../../model/outcome.ts';
import { acceptResult, failPackage } from '../../planner/engine.ts';
import { bytesOf, resultFiles } from '../../store/result-files.ts';
import { DamagedResultError } from '../../store/store.ts';
import { heartbeatFile, heartbeatText, type PackageReport } from '../protocol/heartbeat.ts';
import { noteReport } from '../protocol/known-results.ts';
import { nextStep, type Step, type Work } from '../scheduler/next-step.ts';
import type { ShardSettings } from '../scheduler/settings.ts';
import * as shards from '../scheduler/shard.ts';
import { claim, ownerOf } from './claim.ts';
import { withFile } from './passing-files.ts';
import type { RunView } from './run-view.ts';

/** Who a shard is, and what it goes by. */
export interface ShardOptions {
  id: number;
  attempt: number;
  settings: ShardSettings;
  /** When its time budget began, in seconds of `performance.now`. */
  started: number;
  /** Numbers of the shards of its matrix, and of the other, when there is one. */
  peers: Work['peers'];
  others: Work['others'];
  /** Most of these that run at once. */
  most: number;
  /** Which packages are theirs. */
  takes: (name: string) => boolean;
}

/** What of the interval between signs lies between two tries of what fails: a sign that is late must not come too late. */
const longestPause = 1 / 4;

/**
 * Takes packages of a run that nobody has, builds them and publishes what came of them, until there is nothing left for
 * it to do. What another shard tells is believed only under the key that this one finds for itself.
 * @param own what this shard built, and what failed here: grows, and is there also when this throws
 * @throws Error when the exchange gave no answer for as long as a claim lasts, and there is nothing here to wait with
 */
export async function runShard(
  view: RunView,
  options: ShardOptions,
  own = new Map<string, PackageReport>(),
): Promise<Map<string, PackageReport>> {
  const { context, exchange } = view;
  const { log, signal } = context;
  const now = () => performance.now() / 1000;
  const shard = shards.newShard(options.id, options.attempt, options.settings, options.started);
  const builds = new Set<Promise<void>>();
  let wake = () => {};
  /** What a build threw that is no fault of its package. */
  let fault: unknown;

  const finish = (told: PackageReport, bytes: number) => {
    own.set(told.package, told);
    shards.finished(shard, told.package, bytes, now());
    view.touch();
    wake();
  };

  const abandon = (name: string) => {
    shards.abandoned(shard, name);
    view.touch();
    wake();
  };

  /** Builds that this shard had too little time for: how long they ran. */
  const ranOut = new Map<string, number>();
  const leaveToOthers = (name: string, seconds: number) => {
    log.warn(
      `${name}: its build did not end in the ${clock(seconds)} that this shard had left. It is left to one that has more.`,
    );
    ranOut.set(name, seconds);
    view.ranOut(name, seconds);
    shards.ranOut(shard, name);
    view.touch();
    wake();
  };

  const build = async (name: string): Promise<void> => {
    const ready = view.progress.ready.get(name);
    if (ready === undefined) return abandon(name);
    const { build: keyed, reason } = ready;
    log.info(`${name}: building (${reason})`);
    const started = Date.now() / 1000;
    let outcome: Outcome;
    try {
      outcome = await buildOne(context, name, ready, view.progress.graph.results);
    } catch (error) {
      // Another shard may have an answer: this one ends, and keeps nobody from it.
      if (error instanceof StoreUnavailableError) abandon(name);
      if (error instanceof BuildFailedError) return leaveToOthers(name, Date.now() / 1000 - started);
      if (!(error instanceof DamagedResultError)) throw error;
      // What it needs is gone or not what was promised: that is built again, and then this.
      log.warn(`${error.message}. It is built again.`);
      await context.store.drop(error.key);
      view.startOver();
      return abandon(name);
    }
    const told: PackageReport = {
      ...{ package: name, key: keyed.key, reason, shard: options.id, lines: [], state: 'built', seconds: 0 },
      ...{ started, ended: Math.max(started, Date.now() / 1000) },
    };
    if ('result' in outcome) {
      const { result } = outcome;
      if (outcome.state === 'built') log.info(`${name}: built in ${clock(result.seconds)}`);
      Object.assign(told, { seconds: result.seconds, result, artifact: null, reason: outcome.reason });
      if (noteReport(view.known, told) === 'other') view.startOver();
      if (view.takeReady(name, keyed.key)) acceptResult(view.progress, outcome);
      finish(told, bytesOf(result));
    } else {
      const failure = outcome as Extract<Outcome, { state: 'failed' }>;
      const text = failure.log === undefined ? '' : await readFile(failure.log, 'utf8').catch(() => '');
      Object.assign(told, { state: 'failed', reason: failure.reason, seconds: failure.seconds ?? 0 });
      told.lines = causeLines(text);
      giveUp(told, outcome);
    }
  };

  const giveUp = (told: PackageReport, outcome: Outcome) => {
    noteReport(view.known, told);
    if (told.key === null || view.takeReady(told.package, told.key))
      failPackage(view.progress, told.package, outcome);
    finish(told, 0);
  };

  /** Puts the results of packages into one artifact, unless another shard's count instead. */
  const publish = async (packages: readonly string[], replaced: readonly string[]): Promise<void> => {
    const results = packages.flatMap((name) => {
      const key = own.get(name)?.key ?? undefined;
      const told = key === undefined ? undefined : view.known.results.get(key);
      if (told === undefined || told.shard !== options.id) return [];
      return told.artifact === null || replaced.includes(told.artifact ?? '') ? [told] : [];
    });
    if (results.length === 0) return shards.published(shard, undefined, packages, 0, replaced);
    const folders: string[] = [];
    for (const { package: name, result } of results) {
      try {
        folders.push(await context.store.open(result));
      } catch (error) {
        if (!(error instanceof DamagedResultError)) throw error;
        // Its own copy is not what it was: it was never built.
        log.warn(`${error.message}. It is built again.`);
        await context.store.drop(error.key);
        own.delete(name);
        shards.dropped(shard, name);
        view.startOver();
        return shard.building.has(name) ? wake() : abandon(name);
      }
    }
    const name = shards.nextResultName(shard);
    const root = join(folders[0] as string, '..', '..');
    const item = await exchange.create(
      name,
      root,
      results.flatMap(({ result }) => resultFiles(result)),
    );
    if (item === undefined) throw new Error(`the artifact '${name}' is there already`);
    let bytes = 0;
    for (const told of results) {
      const published = { ...told, artifact: name, id: told.id ?? item.id };
      own.set(told.package, published);
      if (noteReport(view.known, published) === 'other') view.startOver();
      view.known.results.set(told.result.key, published);
      bytes += bytesOf(told.result);
    }
    shards.published(shard, name, packages, bytes, replaced);
  };

  /** What a shard tells of a package, with what later runs can have of it by now. */
  const toldNow = (told: PackageReport): PackageReport => {
    const kept = told.result === undefined ? undefined : context.store.saved(told.result.key);
    return kept === undefined ? told : { ...told, kept };
  };

  const sign = async (ended: boolean): Promise<void> => {
    // Its last word counts: what is saved after it is known to nobody.
    if (ended) await context.store.flush();
    const told = [...own.values()].filter(({ package: name }) => !shard.pending.has(name)).map(toldNow);
    const text = heartbeatText({
      ...{ shard: options.id, attempt: options.attempt },
      clock: Date.now() / 1000,
      told: told.filter(({ state, artifact }) => state === 'failed' || typeof artifact === 'string'),
      ranOut: [...ranOut].map(([name, seconds]) => ({ package: name, seconds })),
    });
    const item = await withFile(context.inputs, heartbeatFile, text, (dir) =>
      exchange.create(shards.nextHeartbeatName(shard, ended), dir, [heartbeatFile]),
    );
    if (item === undefined) throw new Error('the name of a sign of life is taken');
    shards.heartbeatSent(shard, item, now());
  };

  const perform = async (step: Exclude<Step, { do: 'end' }>): Promise<void> => {
    switch (step.do) {
      case 'list':
        return shards.listed(shard, await exchange.list(), now());
      case 'find':
        return shards.foundHeartbeat(shard, step.shard, await exchange.find(step.name));
      case 'read': {
        const read = step.signs.map(async (one) => ({ ...one, there: await view.read(one.item) }));
        for (const { shard: id, publication, there } of await Promise.all(read))
          shards.heartbeatRead(shard, id, publication, !there);
        return;
      }
      case 'ask': {
        const asked = step.items.map(async (item) => [item.id, await ownerOf(view, item)] as const);
        for (const [id, owner] of await Promise.all(asked)) shard.owners.set(id, owner);
        return;
      }
      case 'claim': {
        const { candidate, name } = step;
        if (!(await claim(view, shard, name, now()))) return;
        shards.claimed(shard, candidate.package, name, candidate.seconds, now());
        const running = build(candidate.package).finally(() => {
          builds.delete(running);
          wake();
        });
        builds.add(running);
        running.catch((error: unknown) => {
          fault ??= error;
        });
        return;
      }
      case 'give-up': {
        const key = view.progress.ready.get(step.package)?.build.key ?? null;
        const { package: name, reason } = step;
        const told = { package: name, key, reason, shard: options.id, lines: [], seconds: 0 };
        log.error(`${name}: ${reason}`);
        return giveUp({ ...told, state: 'failed' }, { state: 'failed', reason });
      }
      case 'publish':
        return await publish(step.packages, step.replaced);
      case 'sign':
        return await sign(step.ended);
      case 'remove':
        await Promise.all(step.names.map((name) => exchange.remove(name)));
        return shards.removed(shard, step.names);
      case 'wait': {
        const seconds = step.idle ? step.seconds * (0.75 + Math.random() / 2) : step.seconds;
        await new Promise<void>((resolve) => {
          const done = () => {
            clearTimeout(timer);
            signal.removeEventListener('abort', done);
            resolve();
          };
          const timer = setTimeout(done, seconds * 1000);
          signal.addEventListener('abort', done);
          wake = done;
        });
        wake = () => {};
        shard.fresh = false;
      }
    }
  };

  /** Kinds of steps that fail: since when, and how often. */
  const trouble = new Map<string, { since: number; times: number }>();

  /**
   * Waits until a step that failed may be tried again: every step can be, as what it did is noted when it is done.
   * @param patience seconds after which trouble is for good, unless `isKept`: builds go on, and what they make is not lost
   * @throws the error, when trying again has no sense any more
   */
  const bear = async (what: string, error: unknown, patience: number, isKept: boolean): Promise<void> => {
    signal.throwIfAborted();
    if (isDiskFull(error)) throw error;
    const { since, times } = trouble.get(what) ?? { since: now(), times: 0 };
    trouble.set(what, { since, times: times + 1 });
    if (now() - since > patience && !isKept) throw error;
    log.warn(`${(error as Error).message.replace(/\.$/, '')}. Tried again.`);
    const { pollInterval, heartbeatInterval } = options.settings;
    const longest = Math.max(pollInterval, heartbeatInterval * longestPause);
    await perform({ do: 'wait', seconds: Math.min(pollInterval * 2 ** times, longest), idle: true });
  };

  /** Whether the newest sign does not tell of what was published last. */
  const isBehind = () => (shard.heartbeat?.publication ?? 0) < shard.publications;

  /** Whether it has results of which no other shard can know. */
  const hasUntold = () => shard.pending.size > 0 || isBehind();

  const isInTime = () => now() < shard.started + options.settings.timeBudget;

  /**
   * The end after a fault. Other builds go on to theirs: meanwhile this shard shows that it lives, and what they make is
   * published. Then it takes back what it can and says that it has ended.
   */
  const leave = async (): Promise<void> => {
    const { lease, pollInterval, heartbeatInterval } = options.settings;
    for (;;) {
      signal.throwIfAborted();
      const isLast = builds.size === 0;
      try {
        if (!isLast && now() >= (shard.heartbeat?.at ?? 0) + heartbeatInterval) await sign(false);
        if (shard.pending.size > 0) await publish([...shard.pending.keys()], []);
        if (isLast || isBehind()) await sign(isLast);
        if (shard.obsoleteArtifacts.length > 0)
          await perform({ do: 'remove', names: [...shard.obsoleteArtifacts] });
        trouble.delete('leave');
        if (isLast && !hasUntold()) return;
        const seconds = (shard.heartbeat?.at ?? now()) + heartbeatInterval - now();
        if (builds.size > 0 && shard.pending.size === 0) await perform({ do: 'wait', seconds, idle: false });
      } catch (error) {
        if (isLast && !hasUntold()) return;
        if (isDiskFull(error) && !isLast) await perform({ do: 'wait', seconds: pollInterval, idle: true });
        else await bear('leave', error, isInTime() ? lease : pollInterval, !isLast);
      }
    }
  };

  const work = async (): Promise<void> => {
    for (;;) {
      signal.throwIfAborted();
      if (fault !== undefined) throw fault;
      await view.settle(new Set(shard.building.keys()));
      const step = nextStep(shard, workOf(view, shard, options), now());
      if (step.do === 'end') return log.info(`Shard ${options.id} ends: ${step.why}.`);
      try {
        await perform(step);
        trouble.delete(step.do);
      } catch (error) {
        // What only this shard has is worth as much waiting as it has time for.
        const isKept = (builds.size > 0 || hasUntold()) && isInTime();
        await bear(step.do, error, options.settings.lease, isKept);
      }
    }
  };

  const ticker = setInterval(() => log.progress(view.line(shard.building, now())), 1000);
  try {
    await work();
    return own;
  } catch (error) {
    signal.throwIfAborted();
    await leave().catch((why: Error) => {
      signal.throwIfAborted();
      log.warn(`Not all that this shard built is published: ${why.message}`);
    });
    throw error;
  } finally {
    clearInterval(ticker);
    await Promise.allSettled(builds);
  }
}

/** What there is to do, as the scheduler wants to know it. */
function workOf(view: RunView, shard: shards.Shard, options: ShardOptions): Work {
  const { peers, others, most, takes } = options;
  const left = view.left().filter(takes);
  const candidates = view.candidates().filter(({ package: name }) => !shard.building.has(name));
  return {
    candidates: candidates.filter((one) => takes(one.package)),
    elsewhere: candidates.filter((one) => !takes(one.package)),
    ...{ left: left.length, peers, others },
    shortest: () => Math.min(...left.map((name) => view.expected(name))),
    helping: () => view.helping(most),
  };
}
