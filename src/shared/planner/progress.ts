import { addFailure, addResult, type DeclaredGraph, type Graph, newGraph } from '../graph/graph.ts';
import type { Wait } from '../graph/needs.ts';
import type { Result } from '../model/build-result.ts';
import type { Outcome, PlannedBuild, ReadyBuild } from '../model/outcome.ts';
import type { Run } from '../model/run.ts';
import { DeclaredRpms } from './declared-rpms.ts';
import { FileMakers } from './file-makers.ts';

/** Where the packages of a run stand. Grows until each has an outcome. */
export interface Progress {
  /** The packages that were built or failed so far. */
  graph: Graph;
  /** Packages of this run: the goals and all they may need. What builds reveal is added. */
  names: Set<string>;
  outcomes: Map<string, Outcome>;
  /** Builds that the store has no result of, and that were not started. */
  ready: Map<string, ReadyBuild>;
  /** Packages that need stand-ins that are not converted, with the file names of those. */
  unconverted: Map<string, string[]>;
  /** The waits of each of the others. */
  waiting: Map<string, Wait[]>;
  /** The builds of the packages that were resolved, also of those that have ended. */
  builds: Map<string, PlannedBuild>;
  /** Packages to be resolved: nothing else can have another resolution than before. */
  unresolved: Set<string>;
  /** For each package that waits, those without an outcome that it waits for. */
  awaited: Map<string, Set<string>>;
  /** The other way round. */
  waiters: Map<string, Set<string>>;
  /** The RPMs that the specs declare. */
  declared: DeclaredRpms;
  /** Kept when the run starts over. */
  makers: FileMakers;
  /** True if a result that others were derived from does not count: the run has to start over with its `makers`. */
  isStale: boolean;
}

/** A run with nothing built, and nothing decided but by its tree. @param before the progress that this one replaces */
export function newProgress(
  declared: DeclaredGraph,
  { names, failures }: Pick<Run, 'names' | 'failures'>,
  before?: Pick<Progress, 'makers' | 'declared'>,
): Progress {
  const all = new Set(names);
  const progress: Progress = {
    ...{ graph: newGraph(declared), names: all, outcomes: new Map(), ready: new Map(), waiting: new Map() },
    unconverted: new Map(),
    ...{ builds: new Map(), unresolved: new Set(all), awaited: new Map(), waiters: new Map() },
    declared: before?.declared ?? new DeclaredRpms(declared.specs.values()),
    ...{ makers: before?.makers ?? new FileMakers(), isStale: false },
  };
  for (const [name, outcome] of failures) refusePackage(progress, name, outcome);
  return progress;
}

/** Notes that a package waits. It is resolved again when all that it waits for have an outcome. */
export function addWaits(progress: Progress, name: string, waits: Wait[]): void {
  const { outcomes, names, unresolved, awaited, waiters, waiting } = progress;
  waiting.set(name, waits);
  const open = new Set(waits.map((one) => one.package).filter((one) => !outcomes.has(one)));
  awaited.set(name, open);
  // What it waited for came while it was resolved.
  if (open.size === 0) resolveAgain(progress, name);
  for (const one of open) {
    waiters.set(one, (waiters.get(one) ?? new Set()).add(name));
    if (names.has(one)) continue;
    names.add(one);
    unresolved.add(one);
  }
}

/** Makes a package be resolved again. */
export function resolveAgain(progress: Progress, name: string): void {
  const { ready, unconverted, waiting, awaited, unresolved } = progress;
  ready.delete(name);
  unconverted.delete(name);
  waiting.delete(name);
  awaited.delete(name);
  unresolved.add(name);
}

/** Notes that a package has no result in this run. */
export function failPackage(progress: Progress, name: string, outcome: Outcome): void {
  if (progress.makers.drop(name)) progress.isStale = true;
  refusePackage(progress, name, outcome);
}

function refusePackage(progress: Progress, name: string, outcome: Outcome): void {
  addFailure(progress.graph, name);
  setOutcome(progress, name, outcome);
}

/** Notes the build of a package, whose key is known now. */
export function addBuild(progress: Progress, name: string, build: PlannedBuild): void {
  if (progress.makers.drop(name, build.key)) progress.isStale = true;
  progress.builds.set(name, build);
  progress.ready.set(name, { build, reason: '' });
}

/**
 * Notes a result, built or reused. One with an RPM of another package is refused. When several packages make one file
 * otherwise, {@link FileMakers} says which one has it.
 */
export function acceptResult(progress: Progress, outcome: Extract<Outcome, { result: Result }>): void {
  const { result } = outcome;
  const refusal = progress.declared.refusal(result);
  if (refusal === undefined) addOwnResult(progress, outcome);
  else failPackage(progress, result.package, { state: 'failed', reason: refusal, kind: 'clash' });
}

/** Notes a result whose RPMs are its own, unless another package has one of its files. */
function addOwnResult(progress: Progress, outcome: Extract<Outcome, { result: Result }>): void {
  const { result } = outcome;
  const { outcomes, builds, makers, graph } = progress;
  const { reason, refused } = makers.add(result, builds);
  if (refused.some((other) => outcomes.has(other))) progress.isStale = true;
  else if (reason !== undefined)
    refusePackage(progress, result.package, { state: 'failed', reason, kind: 'clash' });
  else {
    addResult(graph, result, builds.get(result.package)?.installed);
    setOutcome(progress, result.package, outcome);
  }
}

function setOutcome(progress: Progress, name: string, outcome: Outcome): void {
  const { outcomes, unresolved, ready, unconverted, waiting, awaited, waiters } = progress;
  outcomes.set(name, outcome);
  for (const place of [unresolved, ready, unconverted, waiting, awaited]) place.delete(name);
  for (const waiter of waiters.get(name) ?? []) {
    const open = awaited.get(waiter);
    if (open?.delete(name) === true && open.size === 0) resolveAgain(progress, waiter);
  }
  waiters.delete(name);
}
