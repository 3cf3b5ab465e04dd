import { clock, roughly } from '../base/duration.ts';
import { order } from '../base/order.ts';
import type { Outcome, PackagePlan } from '../model/outcome.ts';
import { causeTable } from './cause-table.ts';
import { failureBlocks, failureLimits, nameList, type ShownFailure } from './failure-blocks.ts';
import { installBlock } from './install-block.ts';
import { nonReproducibleLine } from './non-reproducible.ts';
import {
  collapsed,
  fenced,
  inlineText,
  type Link,
  limitList,
  link,
  type PageLimits,
  pageOf,
  pageTable,
} from './page.ts';
import type { References } from './references.ts';
import { rootCauses, type SummaryFacts, states, tally, withoutDebugTitle } from './summary.ts';
import { type Bound, byShard, extent, type Span, timeBars } from './timeline.ts';
import { tabledCauses } from './tree-causes.ts';

/** Limits of the parts of a page. */
const limits: PageLimits & Record<'shards' | 'builds' | 'shown' | 'planned', number> = {
  ...{ rows: 300, cell: 200, line: 300, names: 20 },
  // Longer tables are collapsed.
  ...{ shards: 60, builds: 12, shown: 40, planned: 10 },
};

/** The summary of a run as Markdown: root causes first, what was reused collapsed. Pure. */
export function summaryPage(
  outcomes: ReadonlyMap<string, Outcome>,
  facts: SummaryFacts,
  references: References,
): string {
  const counts = tally(outcomes);
  const head = states.filter((state) => counts[state] > 0).map((state) => `**${counts[state]} ${state}**`);
  const causes = tabledCauses(outcomes);
  const failures = rootCauses(outcomes)
    .filter(({ outcome }) => causes.length === 0 || outcome.problems === undefined)
    .map(({ name, outcome, blocks }): ShownFailure => {
      const { reason, kind, seconds, line } = outcome;
      const own = { name, reason, kind, seconds, blocks, lines: facts.linesOf(name) };
      return { ...own, ...shownOf(name, references, facts.logOf(name), line) };
    });
  const checks = facts.failedChecks.map(({ name, reason, kind, lines }): ShownFailure => {
    const own = { name, reason, kind, lines, blocks: [], isCheck: true };
    return { ...own, ...shownOf(name, references, facts.logOf(name)) };
  });
  if (checks.length > 0) head.push(`**${checks.length} %check failed**`);
  const { repository } = references;
  return pageOf([
    `### Packages: ${head.join(', ')} in ${clock(facts.seconds)}`,
    ...artifactLine(facts.artifacts, references),
    ...causeTable(causes, references, limits),
    ...failureBlocks(failures, limits, 'the table'),
    ...failureBlocks(checks, limits, 'the log'),
    ...(counts.left > 0
      ? [
          'What is left is built when the failed jobs are run again, or by the next run: what was built is kept.',
        ]
      : []),
    ...nonReproducibleBlock(facts),
    ...(facts.storedWithoutDebug.length > 0
      ? [`${withoutDebugTitle}: ${nameList(facts.storedWithoutDebug, limits)}`]
      : []),
    ...outcomeTables(
      outcomes,
      new Set(failures.slice(0, failureLimits.failures).map(({ name }) => name)),
      references,
    ),
    ...timeLine(facts.spans, facts.bound),
    ...(repository === undefined ? [] : [installBlock(repository)]),
  ]);
}

/** The version of a failed package, its spec and its log. */
function shownOf(name: string, references: References, log: string | undefined, line?: number) {
  const spec = references.specOf(name, line);
  const artifact = log === undefined ? undefined : { text: log, address: references.artifactOf(log) };
  return { version: references.versionOf(name), spec, log: artifact };
}

function artifactLine(names: readonly string[], references: References): string[] {
  const links = names.map((name) => link({ text: name, address: references.artifactOf(name) }, limits, true));
  return links.length === 0 ? [] : [`${links.length === 1 ? 'Artifact' : 'Artifacts'}: ${links.join(', ')}`];
}

/** @param shown failed packages that the page has above */
function outcomeTables(
  outcomes: ReadonlyMap<string, Outcome>,
  shown: ReadonlySet<string>,
  references: References,
): string[] {
  const rows = [...outcomes]
    .filter(([name]) => !shown.has(name))
    .sort(([a, x], [b, y]) => rank(x) - rank(y) || order(a, b))
    .map(([name, one]) => [packageLink(name, references), one.state, one.reason, timeOf(one)] as const);
  const others = rows.filter(([, state]) => state !== 'reused');
  return [
    ...tableOf(['package', 'state', 'why', 'time'], others, `${others.length} packages`, limits.shown),
    ...reusedTable(rows.filter(([, state]) => state === 'reused')),
  ];
}

/** The collapsed table of what was, or will be, reused. */
function reusedTable(rows: readonly (readonly [name: Link, state: string, why: string, time: string])[]) {
  const shown = rows.map(([name, , why]) => [name, why]);
  return tableOf(['package', 'why'], shown, `${rows.length} reused`, 0);
}

/** A table, which is collapsed if it has more than `most` rows; nothing without rows. */
function tableOf(
  head: readonly string[],
  rows: readonly (readonly (string | Link)[])[],
  title: string,
  most: number,
): string[] {
  if (rows.length === 0) return [];
  const table = pageTable(head, rows, limits);
  return [rows.length > most ? collapsed(title, table) : table];
}

/** The name and version of a package, which lead to its spec. */
function packageLink(name: string, references: References): Link {
  const text = `${name} ${references.versionOf(name)}`.trimEnd();
  return { text, address: references.specOf(name)?.address };
}

/** A plan as Markdown. `seconds`: expected, of packages that were built before; `length`: of the whole run. Pure. */
export function planPage(
  plan: ReadonlyMap<string, PackagePlan>,
  facts: { seconds: ReadonlyMap<string, number>; length: number; shards: number },
  references: References,
): string {
  const sections = ['failed', 'blocked', 'build', 'maybe', 'reuse'] as const;
  const rows = [...plan]
    .sort(([a, x], [b, y]) => sections.indexOf(x.state) - sections.indexOf(y.state) || order(a, b))
    .map(([name, one]) => {
      const expected = facts.seconds.get(name);
      return [
        packageLink(name, references),
        one.state,
        one.reason,
        expected === undefined ? '' : clock(expected),
      ] as const;
    });
  const of = (...wanted: readonly string[]) => rows.filter((row) => wanted.includes(row[1]));
  const counts = sections.map((state) => [state, of(state).length] as const);
  const head = counts.filter(([, count]) => count > 0).map(([state, count]) => `**${count} ${state}**`);
  const causes = tabledCauses(plan);
  const failures = rootCauses(plan)
    .filter(({ outcome }) => causes.length === 0 || outcome.problems === undefined)
    .map(({ name, outcome, blocks }): ShownFailure => {
      const { reason, kind, line } = outcome;
      return { name, reason, kind, lines: [], blocks, ...shownOf(name, references, undefined, line) };
    });
  const shown = new Set(failures.slice(0, failureLimits.failures).map(({ name }) => name));
  const isShown = ([{ text }]: readonly [Link, ...unknown[]]) => shown.has(text.split(' ')[0] ?? '');
  const others = [...of('failed').filter((row) => !isShown(row)), ...of('blocked', 'build', 'maybe')];
  return pageOf([
    `### Plan: ${head.join(', ') || 'nothing to do'}`,
    facts.shards === 0 ? 'No job is needed.' : `${shardsHelp(facts.shards)}, for ${roughly(facts.length)}.`,
    ...causeTable(causes, references, limits),
    ...failureBlocks(failures, limits, 'the table'),
    ...tableOf(['package', 'state', 'why', 'expected'], others, `${others.length} packages`, limits.planned),
    ...reusedTable(of('reuse')),
  ]);
}

function shardsHelp(count: number): string {
  return count === 1 ? '1 shard helps' : `${count} shards at once help`;
}

/** A package that failed in a shard. */
export type ShardFailure = Omit<ShownFailure, 'version' | 'spec' | 'log' | 'blocks'> & {
  /** The artifact with its log. */
  log: string | undefined;
  /** The line of its spec that failed. */
  line?: number | undefined;
};

/** The builds of one shard as Markdown: its title alone is shown at once, as the page of the run has the rest. Pure. */
export function shardPage(
  shard: number,
  built: readonly { package: string; reason: string; seconds: number }[],
  failed: readonly ShardFailure[],
  references: References,
): string {
  const rows = built.map(
    (one) => [packageLink(one.package, references), one.reason, clock(one.seconds)] as const,
  );
  const failures = failed.map(({ log, line, ...one }): ShownFailure => {
    return { ...one, blocks: [], ...shownOf(one.name, references, log, line) };
  });
  return pageOf([
    `### Shard ${shard}: **${built.length} built**, **${failed.length} failed**`,
    ...(failures.length === 0
      ? []
      : [collapsed(`${failures.length} failed`, failureBlocks(failures, limits, 'the log').join('\n\n'))]),
    ...tableOf(['package', 'why', 'time'], rows, `${rows.length} built`, 0),
  ]);
}

/** Packages that are not reproducible, the builds of them that count, and packages built again because of it. */
function nonReproducibleBlock({ nonReproducible, builtAgain }: SummaryFacts): string[] {
  if (nonReproducible.length === 0) return [];
  const lines = nonReproducible.map(
    (one) => `- ${inlineText(nonReproducibleLine(one), { ...limits, cell: limits.line })}`,
  );
  const again = nameList(builtAgain, limits);
  return [
    '#### Not reproducible',
    limitList(lines, limits.rows).join('\n'),
    ...(again === '' ? [] : [`What was built on a build that does not count was built again: ${again}.`]),
  ];
}

function timeLine(spans: readonly Span[], bound: Bound | undefined): string[] {
  if (spans.length === 0) return [];
  const { from } = extent(spans);
  const at = (time: number) => clock(time - from);
  const rows = byShard(spans).map(([shard, own]) => {
    const time = own.reduce((sum, one) => sum + one.ended - one.started, 0);
    const builds = own.map(
      (one) => `${one.package} ${at(one.started)}–${at(one.ended)}${one.failed ? ' ✗' : ''}`,
    );
    return [`${shard}`, `${own.length}`, clock(time), limitList(builds, limits.builds).join(', ')];
  });
  const table = pageTable(['shard', 'builds', 'time', 'which, and when'], rows, {
    ...{ rows: limits.shards, cell: 2000 },
  });
  return [
    '#### Time line',
    fenced(timeBars(spans, limits.shards)),
    ...(bound === undefined || bound.least === 0 ? [] : [comparison(bound)]),
    collapsed('What each shard built', table),
  ];
}

function comparison({ makespan, least, work, slots, chain }: Bound): string {
  return `${clock(makespan)} from the first build to the last, ${(makespan / least).toFixed(2)} times the least that is possible: ${clock(work)} of work for each of ${slots} at once, ${clock(chain)} for the longest chain.`;
}

function timeOf(outcome: Outcome): string {
  if (outcome.state === 'built') return clock(outcome.result.seconds);
  return outcome.state === 'failed' && outcome.seconds !== undefined ? clock(outcome.seconds) : '';
}

function rank(outcome: Outcome): number {
  return ['failed', 'blocked', 'left', 'built', 'reused'].indexOf(outcome.state);
}
