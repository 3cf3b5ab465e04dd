import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { problem } from '../../base/problems.ts';
import type { BuildContext } from '../../builder/build-context.ts';
import { paths } from '../../builder/paths.ts';
import { declaredNeeds } from '../../graph/declared-needs.ts';
import {
  type EngineOptions,
  failPackage,
  newProgress,
  type Progress,
  resolvePackages,
} from '../../planner/engine.ts';
import { shardsThatHelp, type Task } from '../../planner/forecast.ts';
import { engineOptions } from '../../planner/plan-builds.ts';
import type { PlanJson } from '../../planner/plan-json.ts';
import { byPriority } from '../../planner/priority.ts';
import {
  type Heartbeat,
  heartbeatFile,
  type PackageReport,
  readHeartbeat,
  reportsByServiceClock,
} from '../protocol/heartbeat.ts';
import { failureOf, type KnownResults, newKnownResults, noteReport } from '../protocol/known-results.ts';
import type { ArtifactInfo } from '../protocol/listing.ts';
import { parseName } from '../protocol/names.ts';
import type { Candidate } from '../scheduler/next-step.ts';
import type { Exchange } from '../transport/exchange.ts';
import { exchangedStore } from '../transport/exchanged-store.ts';
import { progressLine } from './progress-line.ts';

/** Tries to read all that was told, before a run is decided without it. */
const triesToRead = 5;

/** Looks at the listing before packages count as left. */
const looksAgain = 3;

/** What one job knows of a run that several share: the plan's engine, fed with what all of them tell. */
export class RunView {
  readonly known: KnownResults = newKnownResults();
  progress: Progress;
  readonly options: EngineOptions;
  /** The job's context, with a store that has what other jobs published. */
  readonly context: BuildContext;
  readonly exchange: Exchange;
  /** Keys of results whose bytes this job had in its hands. */
  readonly opened = new Set<string>();
  private readonly attempt: number;
  private readonly expectation: (name: string) => number;
  /** Grows for packages whose builds took longer than expected. */
  private readonly priority: Map<string, number>;
  private changed = true;
  private stale = false;
  /** By package, the longest that a build of it ran which was ended with its shard's time. */
  private readonly ran = new Map<string, number>();
  private reads = 0;

  /** @param expectation seconds expected of each package, before anything of the run is known */
  constructor(
    context: BuildContext,
    exchange: Exchange,
    attempt: number,
    expectation: (name: string) => number,
  ) {
    this.exchange = exchange;
    this.attempt = attempt;
    this.expectation = expectation;
    const temp = paths.exchange(context.inputs);
    const store = exchangedStore(context.store, this.known, exchange, temp, (told) => this.refresh(told));
    this.priority = new Map(context.run.priority);
    this.context = { ...context, store, run: { ...context.run, priority: this.priority } };
    const isOfThisRun = (key: string) => this.known.results.has(key);
    this.options = { ...engineOptions(this.context), isOfThisRun };
    this.progress = this.newProgress();
  }

  /** Settles what can be settled with what is known, unless nothing is new. */
  async settle(busy: ReadonlySet<string>): Promise<void> {
    while (this.changed) {
      this.changed = false;
      if (this.stale) this.forget();
      await resolvePackages(this.options, this.progress, busy);
      for (const [name, { build: keyed }] of this.progress.ready) {
        const failure = failureOf(this.known, name, keyed.key);
        if (failure === undefined) continue;
        this.progress.ready.delete(name);
        const { reason, seconds } = failure;
        failPackage(this.progress, name, { state: 'failed', reason, seconds, key: keyed.key });
        this.changed = true;
      }
    }
  }

  /** Takes a package from those that are ready, unless that is under another key by now. */
  takeReady(name: string, key: string): boolean {
    const { ready } = this.progress;
    return ready.get(name)?.build.key === key && ready.delete(name);
  }

  /** Something ended here: what waited for it may be settled. */
  touch(): void {
    this.changed = true;
  }

  /**
   * A result that others were built on does not count any more: all is derived again, from what does, when it is settled
   * next. Builds that are running have the graph that they started with.
   */
  startOver(): void {
    this.stale = true;
    this.changed = true;
  }

  private forget(): void {
    this.stale = false;
    this.progress = this.newProgress();
  }

  private newProgress(): Progress {
    return newProgress(this.context.tree.declared, this.context.run.names);
  }

  /**
   * Reads a sign of life. Answers whether it was there; one that makes no sense is said and counts as read.
   * @throws Error when it cannot be fetched
   */
  async read(item: ArtifactInfo): Promise<boolean> {
    const dir = join(paths.exchange(this.context.inputs), `sign-${this.reads++}`);
    try {
      if (!(await this.exchange.fetch(item, dir))) return false;
      this.take(item, await readFile(join(dir, heartbeatFile), 'utf8').catch(() => ''));
      return true;
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }

  private take(item: ArtifactInfo, text: string): void {
    const said = parseName(item.name);
    let alive: Heartbeat;
    try {
      alive = readHeartbeat(text);
    } catch (error) {
      this.options.warn(`The artifact '${item.name}' is left out: ${(error as Error).message}`);
      return;
    }
    for (const told of reportsByServiceClock(alive, item.createdAt)) {
      // Failures count for their own attempt.
      if (told.state === 'failed' && said?.attempt !== this.attempt) continue;
      const news = noteReport(this.known, told);
      if (news === 'other') this.startOver();
      if (news !== 'old') this.adopt(told);
    }
    for (const { package: name, seconds } of alive.ranOut ?? []) this.ranOut(name, seconds);
  }

  /** A build was ended with the time of its shard: the package takes longer than that, and is more urgent for it. */
  ranOut(name: string, seconds: number): void {
    const more = Math.max(0, seconds - this.expected(name));
    this.priority.set(name, (this.priority.get(name) ?? 0) + more);
    this.ran.set(name, Math.max(seconds, this.ran.get(name) ?? 0));
  }

  /** The longest that a build of a package ran which was ended with its shard's time. */
  ranFor(name: string): number | undefined {
    return this.ran.get(name);
  }

  /**
   * Reads all that the shards of this attempt and of earlier ones tell, and settles what follows.
   * @throws ProblemsError when something of it cannot be read: without it the run would look as if it had not been built
   */
  async readAll(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        if (await this.readNewest()) break;
        if (tries === triesToRead) throw new Error('it is gone again and again');
      } catch (error) {
        if (tries === triesToRead)
          throw problem(`What the jobs of this run tell cannot be read: ${(error as Error).message}`, {
            hint: 'Run the failed jobs again: what was built is kept.',
          });
        this.options.warn(`${(error as Error).message}. Tried again.`);
      }
      await wait(tries * 2000, undefined, { signal: this.context.signal });
    }
    await this.settle(new Set());
  }

  /**
   * Looks again, a few times, as long as packages seem to be left: a listing may have been cut short, and what one did not
   * show the next may. What was told once stays known.
   * @param pollInterval seconds between two looks
   * @throws ProblemsError as {@link readAll}
   */
  async lookAgain(pollInterval: number): Promise<void> {
    const { log, signal } = this.context;
    for (let look = 1; look <= looksAgain && this.left().length > 0; look++) {
      if (look === 1)
        log.info(
          `Packages without a result: ${this.left().length}. Perhaps only the listing lacks it: looking again.`,
        );
      await wait(pollInterval * 1000, undefined, { signal });
      await this.readAll();
    }
  }

  /** Reads the newest sign of each shard. Answers whether all were there. */
  private async readNewest(): Promise<boolean> {
    const newest = new Map<string, ArtifactInfo>();
    for (const item of (await this.exchange.list()).sort((a, b) => a.id - b.id)) {
      const said = parseName(item.name);
      if (said?.kind === 'alive') newest.set(`${said.attempt} ${said.shard}`, item);
    }
    let whole = true;
    for (const item of newest.values()) whole = (await this.read(item)) && whole;
    return whole;
  }

  /**
   * Compares the keys that this job finds with those of the plan.
   * @throws ProblemsError when they differ: then this job has other specs, sources or inputs than the plan's
   */
  checkKeys(plan: PlanJson): void {
    const { ready, outcomes } = this.progress;
    for (const { name, key } of plan.packages) {
      const outcome = outcomes.get(name);
      const own =
        ready.get(name)?.build.key ?? (outcome && 'result' in outcome ? outcome.result.key : undefined);
      if (key === null || own === undefined || own === key) continue;
      throw problem(
        `This job finds another key for ${name} than the plan: its tree or its inputs are others`,
        {
          hint: 'Check out the same commit in every job of a run, and give them the same inputs.',
        },
      );
    }
  }

  /** A package that was about to be built may have its result now: it is settled again. */
  private adopt(told: PackageReport): void {
    this.progress.ready.delete(told.package);
    this.changed = true;
  }

  /** Where a result is now, by the newest sign of the shard that published it. */
  private async refresh(told: PackageReport): Promise<PackageReport | undefined> {
    const signs = (await this.exchange.list()).filter(({ name }) => {
      const said = parseName(name);
      return said?.kind === 'alive' && said.shard === told.shard;
    });
    for (const item of signs.sort((a, b) => a.id - b.id)) {
      await this.read(item);
    }
    return told.key === null ? undefined : this.known.results.get(told.key);
  }

  /** Packages that can be built, highest priority first. */
  candidates(): Candidate[] {
    const { ready } = this.progress;
    return byPriority([...ready.keys()], this.options.priority).map((name) => ({
      package: name,
      seconds: this.expected(name),
      needs: ready.get(name)?.build.packages ?? [],
    }));
  }

  /** Packages without an outcome. */
  left(): string[] {
    return [...this.progress.names].filter((name) => !this.progress.outcomes.has(name));
  }

  expected(name: string): number {
    return Math.max(this.expectation(name), this.ran.get(name) ?? 0);
  }

  /** How many shards can still help. */
  helping(most: number): number {
    const tasks = this.left().map((name): Task => {
      const needs = [...declaredNeeds(this.context.tree.declared, name).keys()];
      return { name, seconds: this.expected(name), needs };
    });
    return shardsThatHelp(tasks, most);
  }

  /** The run in one line. */
  line(building: ReadonlyMap<string, { since: number }>, now: number): string {
    const running = [...building].map(([name, { since }]) => ({ name, seconds: now - since }));
    return progressLine({
      done: this.progress.outcomes.size,
      total: this.progress.names.size,
      running: running.sort((a, b) => b.seconds - a.seconds),
      ready: this.progress.ready.size,
    });
  }
}
