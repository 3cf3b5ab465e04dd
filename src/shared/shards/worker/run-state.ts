import type { BuildContext } from '../../builder/build-context.ts';
import { declaredNeeds } from '../../graph/declared-needs.ts';
import type { Outcome } from '../../model/outcome.ts';
import { type EngineContext, resolveNext, resolvePackages } from '../../planner/engine.ts';
import { shardsThatHelp } from '../../planner/forecast.ts';
import { byPriority } from '../../planner/priority.ts';
import {
  acceptResult,
  failPackage,
  newProgress,
  type Progress,
  resolveAgain,
} from '../../planner/progress.ts';
import type { GeneratedRun } from '../../solver/generated-requires.ts';
import type { Tree } from '../../solver/solve-root.ts';
import type { DamagedResultError } from '../../store/store.ts';
import type { PackageReport } from '../protocol/heartbeat.ts';
import { failureOf, type KnownResults, type News, noteReport } from '../protocol/known-results.ts';
import type { Candidate } from '../scheduler/work.ts';

type Failed = Extract<Outcome, { state: 'failed' }>;

/** The state of a run as one of its jobs knows it: the results and failures of all jobs, and where each package stands. */
export class RunState {
  /** The job's context. Its priorities grow for packages whose builds took longer than expected. */
  readonly context: BuildContext;
  readonly known: KnownResults;
  /** Replaced when the run starts over: a running build keeps the results that it started with. */
  progress: Progress;
  /** By package, the longest time that a build ran which was ended with its shard's time budget. */
  readonly ran = new Map<string, number>();
  private engine: EngineContext;
  private readonly priority: Map<string, number>;
  private readonly expectation: (name: string) => number;
  /** Failures in this job, by key. */
  private readonly ownFailures = new Map<string, Failed>();
  private isChanged = true;
  private isStale = false;

  /**
   * @param context its store also finds the results in `known`
   * @param expectation the seconds expected of a package, before anything of the run is known
   */
  constructor(context: BuildContext, known: KnownResults, expectation: (name: string) => number) {
    this.priority = new Map(context.run.priority);
    this.context = { ...context, run: { ...context.run, priority: this.priority } };
    this.known = known;
    this.expectation = expectation;
    this.engine = { ...this.context, isOfThisRun: (key) => known.results.has(key) };
    this.progress = newProgress(context.tree.declared, context.run);
  }

  /** Goes on with another toolchain, which has what builds of this run revealed. What was built and failed counts. */
  replaceTree(tree: Tree): void {
    this.context.tree = tree;
    this.engine = { ...this.engine, tree };
    this.isStale = true;
    this.isChanged = true;
  }

  /**
   * Brings the progress up to date with what is known; does nothing if nothing has changed.
   * @param building the packages that are being built: read again for each pass, as builds may end meanwhile
   */
  async resolve(building: ReadonlyMap<string, unknown> = new Map()): Promise<void> {
    while (this.isChanged) {
      this.isChanged = false;
      const { tree, run } = this.context;
      // Who made which file was derived from what does not count any more.
      if (this.isStale) this.progress = newProgress(tree.declared, run);
      else if (this.progress.isStale) this.progress = newProgress(tree.declared, run, this.progress);
      this.isStale = false;
      await resolvePackages(this.engine, this.progress, new Set(building.keys()));
      if (this.progress.isStale) this.isChanged = true;
      for (const [name, { build }] of this.progress.ready) {
        const failure = failureOf(this.known, name, build.key);
        if (failure === undefined) continue;
        this.progress.ready.delete(name);
        failPackage(this.progress, name, this.outcomeOf(failure, build.key));
        this.isChanged = true;
      }
    }
  }

  private outcomeOf({ reason, kind, line, seconds }: PackageReport, key: string): Failed {
    const own = this.ownFailures.get(key);
    return { ...own, state: 'failed', reason, kind, line, seconds, key };
  }

  /** Notes that a build ended: packages may be ready or blocked now. */
  buildEnded(): void {
    this.isChanged = true;
  }

  /**
   * Notes what a job reports. A result that replaces another one, or news of a package that has failed, restarts the
   * derivation of everything: what was blocked by the failure is perhaps not blocked any more.
   */
  noteReport(report: PackageReport): News {
    const news = noteReport(this.known, report);
    const hasFailed = this.progress.outcomes.get(report.package)?.state === 'failed';
    if (news === 'other' || (news === 'more' && hasFailed)) this.startOver();
    return news;
  }

  /** Notes what another job reports: the package may have its result now. */
  noteOthersReport(report: PackageReport): void {
    if (this.noteReport(report) === 'old') return;
    if (this.progress.ready.has(report.package)) resolveAgain(this.progress, report.package);
    this.isChanged = true;
  }

  /** Notes the result of an own build. It counts if the package is still ready under the same key. */
  noteResult(report: PackageReport, outcome: Parameters<typeof acceptResult>[1]): void {
    this.noteReport(report);
    if (this.takeReady(report.package, outcome.result.key)) acceptResult(this.progress, outcome);
  }

  /** Notes a failure in this job. */
  noteFailure(report: PackageReport, outcome: Failed): void {
    this.noteReport(report);
    if (report.key !== null) this.ownFailures.set(report.key, outcome);
    if (report.key === null || this.takeReady(report.package, report.key))
      failPackage(this.progress, report.package, outcome);
  }

  /** Takes a package from the ready ones. @returns false if it is ready under another key by now, or not at all */
  private takeReady(name: string, key: string): boolean {
    const { ready } = this.progress;
    return ready.get(name)?.build.key === key && ready.delete(name);
  }

  /** Notes what a `%generate_buildrequires` named, in this job or in another one. */
  noteGenerated(run: GeneratedRun): void {
    const { key } = run;
    const news = this.context.tree.generated.add(run);
    if (news === 'old') return;
    const { ready, outcomes } = this.progress;
    const hasFailed = [...outcomes.values()].some((one) => one.state === 'failed' && one.key === key);
    if (news === 'other' || hasFailed) this.startOver();
    for (const [name, { build }] of ready) if (build.key === key) resolveAgain(this.progress, name);
    this.isChanged = true;
  }

  /**
   * Resolves a package again whose `%generate_buildrequires` has run in this job, while it holds the claim.
   * @returns true if it can go on: nothing that it needs is to be built, and nothing started over
   */
  async resolveNext(name: string): Promise<boolean> {
    const { progress } = this;
    if (this.isStale || progress.isStale || progress.outcomes.has(name)) return false;
    await resolveNext(this.engine, progress, name);
    return !this.isStale && progress === this.progress && progress.ready.has(name);
  }

  /** Drops a damaged result, and starts over: it has to be built again, and then what needs it. */
  async dropDamaged({ key, message }: DamagedResultError): Promise<void> {
    this.context.log.warn(`${message}. It is built again.`);
    await this.context.store.drop(key);
    this.known.results.delete(key);
    this.startOver();
  }

  /** Makes the next {@link RunState.resolve} derive everything again, as a result does not count any more. */
  startOver(): void {
    this.isStale = true;
    this.isChanged = true;
  }

  /** Notes that a build was ended with the time budget of its shard: the package takes longer, and is more urgent. */
  noteRanOut(name: string, seconds: number): void {
    const more = Math.max(0, seconds - this.expected(name));
    this.priority.set(name, (this.priority.get(name) ?? 0) + more);
    this.ran.set(name, Math.max(seconds, this.ran.get(name) ?? 0));
  }

  /** Returns the packages that can be built, highest priority first. */
  candidates(): Candidate[] {
    const { ready } = this.progress;
    return byPriority([...ready.keys()], this.priority).map((name) => ({
      package: name,
      seconds: this.expected(name),
      needs: ready.get(name)?.build.packages ?? [],
    }));
  }

  /** Returns the packages without an outcome. */
  left(): string[] {
    return [...this.progress.names].filter((name) => !this.progress.outcomes.has(name));
  }

  /** Returns the seconds expected of a package. */
  expected(name: string): number {
    return Math.max(this.expectation(name), this.ran.get(name) ?? 0);
  }

  /** Returns how many shards, of at most so many, can still help. */
  helping(most: number): number {
    const { declared } = this.context.tree;
    const needsOf = (name: string) => declaredNeeds(declared, name);
    const tasks = this.left().map((name) => ({ name, seconds: this.expected(name), needs: needsOf(name) }));
    return shardsThatHelp(tasks, most);
  }
}
