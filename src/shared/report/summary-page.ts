import { clock, roughly } from '../base/duration.ts';
import { makeCommand } from '../base/make-command.ts';
import { order } from '../base/order.ts';
import type { Outcome, PackagePlan } from '../model/outcome.ts';
import { nonReproducibleLine } from './non-reproducible.ts';
import { fenced, inlineText, limitList, type PageLimits, pageTable } from './page.ts';
import { rootCauses, type SummaryFacts, states, tally, withoutDebugTitle } from './summary.ts';
import { type Bound, byShard, extent, type Span, timeBars } from './timeline.ts';

/** Limits that keep the longest page well below 1 MiB, at which GitHub drops it. */
const limits: PageLimits & Record<'shards' | 'builds' | 'failures' | 'lines', number> = {
  ...{ rows: 300, cell: 200, line: 300, names: 20 },
  ...{ shards: 60, builds: 12, failures: 20, lines: 20 },
};

/** A failed package, as a page shows it. */
interface ShownFailure {
  name: string;
  reason: string;
  /** Of its build. */
  seconds?: number | undefined;
  /** The lines of its log that name the cause. */
  lines: readonly string[];
  /** The artifact with its log. */
  log?: string | undefined;
  /** Packages that need it. */
  blocks: readonly string[];
  /** Its `%check` failed, not its build. */
  isCheck?: boolean;
}

/** The summary of a run as Markdown: root causes first. Pure. */
export function summaryPage(outcomes: ReadonlyMap<string, Outcome>, facts: SummaryFacts): string {
  const rows = [...outcomes]
    .sort(([a, x], [b, y]) => rank(x) - rank(y) || order(a, b))
    .map(([name, outcome]) => [name, outcome.state, outcome.reason, timeOf(outcome)]);
  const counts = tally(outcomes);
  const head = states.filter((state) => counts[state] > 0).map((state) => `**${counts[state]} ${state}**`);
  const failures = rootCauses(outcomes).map(({ name, outcome, blocks }) => ({
    ...{ name, reason: outcome.reason, seconds: outcome.seconds, blocks },
    ...{ lines: facts.linesOf(name), log: facts.logOf(name) },
  }));
  const checks = facts.failedChecks.map(({ name, reason, lines }) => ({
    ...{ name, reason, lines, blocks: [], isCheck: true, log: facts.logOf(name) },
  }));
  if (checks.length > 0) head.push(`**${checks.length} %check failed**`);
  return [
    `### Packages: ${head.join(', ')} in ${clock(facts.seconds)}`,
    ...facts.artifacts.map((name) => `Artifact: \`${name}\``),
    ...failureBlocks(failures),
    ...failureBlocks(checks, 'the log'),
    ...nonReproducibleBlock(facts),
    ...(facts.storedWithoutDebug.length > 0
      ? [`${withoutDebugTitle}: ${nameList(facts.storedWithoutDebug)}`]
      : []),
    ...timeLine(facts.spans, facts.bound),
    pageTable(['package', 'state', 'why', 'time'], rows, limits),
    '',
  ].join('\n\n');
}

/** A plan as Markdown. `seconds`: expected, of packages that were built before; `length`: of the whole run. Pure. */
export function planPage(
  plan: ReadonlyMap<string, PackagePlan>,
  facts: { seconds: ReadonlyMap<string, number>; length: number; shards: number },
): string {
  const sections = ['failed', 'build', 'maybe', 'reuse'] as const;
  const rows = [...plan]
    .sort(([a, x], [b, y]) => sections.indexOf(x.state) - sections.indexOf(y.state) || order(a, b))
    .map(([name, one]) => {
      const expected = one.state === 'reuse' ? undefined : facts.seconds.get(name);
      return [name, one.state, one.reason, expected === undefined ? '' : clock(expected)];
    });
  const head = sections.map((state) => [state, rows.filter((row) => row[1] === state).length] as const);
  const counts = head.filter(([, count]) => count > 0).map(([state, count]) => `**${count} ${state}**`);
  return [
    `### Plan: ${counts.join(', ') || 'nothing to do'}`,
    facts.shards === 0 ? 'No job is needed.' : `${facts.shards} at once help, for ${roughly(facts.length)}.`,
    pageTable(['package', 'state', 'why', 'expected'], rows, limits),
    '',
  ].join('\n\n');
}

/** The builds of one shard as Markdown. Pure. */
export function shardPage(
  shard: number,
  built: readonly { package: string; reason: string; seconds: number }[],
  failed: readonly ShownFailure[],
): string {
  const rows = built.map((one) => [one.package, one.reason, clock(one.seconds)]);
  return [
    `### Shard ${shard}: **${built.length} built**, **${failed.length} failed**`,
    ...failureBlocks(failed),
    ...(rows.length > 0 ? [pageTable(['package', 'why', 'time'], rows, limits)] : []),
    '',
  ].join('\n\n');
}

/** @param rest where those are that the page has no room for */
function failureBlocks(failures: readonly ShownFailure[], rest = 'the table'): string[] {
  const shown = failures.slice(0, limits.failures).map((failure) => {
    const { name, reason, lines, seconds, log, blocks, isCheck = false } = failure;
    const facts = [
      ...(seconds === undefined ? [] : [`After ${clock(seconds)}.`]),
      ...(blocks.length > 0 ? [`Blocks ${nameList(blocks)}.`] : []),
      ...(log === undefined
        ? []
        : [`Its log: \`${name}${isCheck ? '.check' : ''}.log\` in the artifact \`${log}\`.`]),
      howToSee(name, isCheck),
    ];
    const first = lines.slice(0, limits.lines).map((line) => line.slice(0, limits.line));
    const title = `#### ✗ ${inlineText(name, limits)}: ${inlineText(reason, limits)}`;
    return [title, ...(first.length > 0 ? [fenced(first)] : []), facts.join(' ')].join('\n\n');
  });
  const more = failures.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more that failed: see ${rest}`] : shown;
}

/** How to open the root of a failure on one's own machine. */
function howToSee(name: string, isCheck: boolean): string {
  const build = makeCommand('build-packages', {
    PACKAGE_BUILD_LIST: name,
    ...(isCheck ? { RUN_CHECK: 'y' } : {}),
  });
  const shell = makeCommand('shell', { PACKAGE: name });
  return `To see it on your machine, with azl's checkout beside yours: \`${build}\`, then \`${shell}\`.`;
}

/** Packages that are not reproducible, the builds of them that count, and packages built again because of it. */
function nonReproducibleBlock({ nonReproducible, builtAgain }: SummaryFacts): string[] {
  if (nonReproducible.length === 0) return [];
  const lines = nonReproducible.map(
    (one) => `- ${inlineText(nonReproducibleLine(one), { ...limits, cell: limits.line })}`,
  );
  const again = nameList(builtAgain);
  return [
    '#### Not reproducible',
    limitList(lines, limits.rows).join('\n'),
    ...(again === '' ? [] : [`What was built on a build that does not count was built again: ${again}.`]),
  ];
}

function nameList(names: readonly string[]): string {
  return inlineText(limitList(names, limits.names).join(', '), { cell: Number.POSITIVE_INFINITY });
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
  return [
    '#### Time line',
    fenced(timeBars(spans, limits.shards)),
    ...(bound === undefined || bound.least === 0 ? [] : [comparison(bound)]),
    `<details><summary>What each shard built</summary>\n\n${pageTable(['shard', 'builds', 'time', 'which, and when'], rows, { ...limits, rows: limits.shards, cell: 2000 })}\n\n</details>`,
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
