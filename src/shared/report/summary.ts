import { addToList } from '../base/add-to-list.ts';
import { counted } from '../base/counted.ts';
import { clock } from '../base/duration.ts';
import { makeCommand } from '../base/make-command.ts';
import { order } from '../base/order.ts';
import type { FailureKind, Outcome, PackagePlan } from '../model/outcome.ts';
import type { NonReproducible } from './non-reproducible.ts';
import type { Bound, Span } from './timeline.ts';
import { tabledCauses } from './tree-causes.ts';

/** The content of a summary besides the outcomes. */
export interface SummaryFacts {
  /** Seconds of the whole run. */
  seconds: number;
  /** Packages whose `%check` failed. */
  failedChecks: {
    name: string;
    reason: string;
    kind?: FailureKind | undefined;
    log?: string | undefined;
    lines: readonly string[];
  }[];
  /** The cause lines of a failed package. */
  linesOf: (name: string) => readonly string[];
  /** The artifact of the run with a package's log. */
  logOf: (name: string) => string | undefined;
  /** Packages published without debuginfo and SRPM, because these were not stored. */
  storedWithoutDebug: readonly string[];
  /** The folder with the RPMs. */
  rpmsDir: string;
  /** Artifacts of the run that hold the repository. */
  artifacts: readonly string[];
  /** The builds of a run that several jobs shared, and its lower bound. */
  spans: readonly Span[];
  bound: Bound | undefined;
  /** Packages of which builds under one key differ, and packages that were therefore built again. */
  nonReproducible: readonly NonReproducible[];
  builtAgain: readonly string[];
}

export const withoutDebugTitle =
  'Published without debuginfo and SRPM, which the store has no room for (store-budget)';

export const states = ['built', 'reused', 'failed', 'blocked', 'left'] as const;

/** The number of packages in each state. Pure. */
export function tally(outcomes: ReadonlyMap<string, Outcome>): Record<(typeof states)[number], number> {
  const counts = { built: 0, reused: 0, failed: 0, blocked: 0, left: 0 };
  for (const outcome of outcomes.values()) counts[outcome.state]++;
  return counts;
}

/** The packages that failed, with those that they block: the one that blocks most first, then by name. Pure. */
export function rootCauses<T extends Outcome | PackagePlan>(outcomes: ReadonlyMap<string, T>) {
  const blocks = new Map<string, string[]>();
  for (const [name, outcome] of [...outcomes].sort(([a], [b]) => order(a, b))) {
    if (outcome.state !== 'blocked') continue;
    for (const cause of outcome.rootCauses) addToList(blocks, cause, name);
  }
  const failed = [...outcomes].flatMap(([name, outcome]) =>
    isFailed(outcome) ? [{ name, outcome, blocks: blocks.get(name) ?? [] }] : [],
  );
  return failed.sort((a, b) => b.blocks.length - a.blocks.length || order(a.name, b.name));
}

function isFailed<T extends Outcome | PackagePlan>(one: T): one is Extract<T, { state: 'failed' }> {
  return one.state === 'failed';
}

/** The last lines of a log: root causes first, then builds and their reasons, then the counts. Pure. */
export function summaryText(outcomes: ReadonlyMap<string, Outcome>, facts: SummaryFacts): string[] {
  const lines: string[] = [];
  const isTabled = tabledCauses(outcomes).length > 0;
  for (const { name, outcome, blocks } of rootCauses(outcomes)) {
    if (isTabled && outcome.problems !== undefined) continue;
    const artifact = facts.logOf(name);
    lines.push(`✗ ${name}: ${outcome.reason.replaceAll('\n', '\n    ')}`);
    lines.push(...facts.linesOf(name).map((line) => `    ${line}`));
    if (outcome.log !== undefined) lines.push(`    log: ${outcome.log}`);
    if (artifact !== undefined) lines.push(`    log: ${name}.log in the artifact ${artifact}`);
    if (blocks.length > 0) lines.push(`    blocks: ${blocks.join(', ')}`);
    // A runner on GitHub is gone with its build roots: the page says what helps there.
    if (outcome.log !== undefined && artifact === undefined)
      lines.push(`    ${nextStep(name)}    (its build root, as it failed)`);
  }
  for (const { name, reason, log, lines: causes } of facts.failedChecks) {
    lines.push(`✗ ${name}: ${reason}`, ...causes.map((line) => `    ${line}`));
    if (log !== undefined) lines.push(`    log: ${log}`);
    if (log !== undefined && facts.logOf(name) === undefined)
      lines.push(`    ${nextStep(name)}    (the root of its check)`);
  }
  for (const [name, outcome] of [...outcomes].sort(([a], [b]) => order(a, b))) {
    if (outcome.state === 'built')
      lines.push(`✓ ${name} built in ${clock(outcome.result.seconds)}: ${outcome.reason}`);
    if (outcome.state === 'left') lines.push(`- ${name} left: ${outcome.reason}`);
  }
  if (facts.storedWithoutDebug.length > 0)
    lines.push(`${withoutDebugTitle}: ${facts.storedWithoutDebug.join(', ')}`);
  const counts = tally(outcomes);
  const shown = states.filter((state) => counts[state] > 0).map((state) => `${counts[state]} ${state}`);
  const checks = facts.failedChecks.length;
  if (checks > 0) shown.push(`${counted(checks, '%check')} failed`);
  return [...lines, `${shown.join(', ')} in ${clock(facts.seconds)}. RPMs: ${facts.rpmsDir}`];
}

/** The command that opens the root of a failure. */
function nextStep(name: string): string {
  return `next: ${makeCommand('shell', { PACKAGE: name })}`;
}
