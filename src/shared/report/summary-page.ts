import { clock, roughly } from '../base/duration.ts';
import { order } from '../base/order.ts';
import type { Outcome, PackagePlan } from '../model/outcome.ts';
import { nonReproducibleLine } from './non-reproducible.ts';
import { type Cuts, cut, cutList, fenced, pageTable } from './page.ts';
import { rootCauses, type SummaryFacts, states, tally, withoutDebugTitle } from './summary.ts';
import { type Bound, byShard, extent, type Span, timeBars } from './timeline.ts';

/** GitHub drops a page of 1 MiB. With these the longest stays well below, whatever packages and their logs say. */
const cuts: Cuts & Record<'shards' | 'builds' | 'failures' | 'lines', number> = {
  ...{ rows: 300, cell: 200, line: 300, names: 20 },
  ...{ shards: 60, builds: 12, failures: 20, lines: 40 },
};

/** A package that failed, as a page shows it. */
export interface ShownFailure {
  name: string;
  reason: string;
  /** That its build took. */
  seconds?: number | undefined;
  /** What shows in its log where it went wrong. */
  lines: readonly string[];
  /** The artifact that holds its log. */
  log?: string | undefined;
  /** Packages that need it. */
  blocks: readonly string[];
}

/** The summary of a run for its job's page, as Markdown: root causes first. */
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
  const checks = facts.failedChecks.map(({ name, reason }) => {
    const log = facts.logOf(name);
    const where = log === undefined ? '' : ` (\`${name}.check.log\` in the artifact \`${log}\`)`;
    return `- ${cut(name, cuts)}: ${cut(reason, cuts)}${where}`;
  });
  return [
    `### Packages: ${head.join(', ')} in ${clock(facts.seconds)}`,
    ...facts.artifacts.map((name) => `Artifact: \`${name}\``),
    ...failureBlocks(failures),
    ...(checks.length > 0 ? ['Failed checks:', '', ...cutList(checks, cuts.rows)] : []),
    ...notReproducible(facts),
    ...(facts.storedWithoutDebug.length > 0
      ? [`${withoutDebugTitle}: ${cutList(facts.storedWithoutDebug, cuts.names).join(', ')}`]
      : []),
    ...timeLine(facts.spans, facts.bound),
    pageTable(['package', 'state', 'why', 'time'], rows, cuts),
    '',
  ].join('\n\n');
}

/** What a plan says, for its job's page. `seconds`: expected of a package, where it was ever built, and of the whole. */
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
    pageTable(['package', 'state', 'why', 'expected'], rows, cuts),
    '',
  ].join('\n\n');
}

/** What one shard did, for its job's page. */
export function shardPage(
  shard: number,
  built: readonly { package: string; reason: string; seconds: number }[],
  failed: readonly ShownFailure[],
): string {
  const rows = built.map((one) => [one.package, one.reason, clock(one.seconds)]);
  return [
    `### Shard ${shard}: **${built.length} built**, **${failed.length} failed**`,
    ...failureBlocks(failed),
    ...(rows.length > 0 ? [pageTable(['package', 'why', 'time'], rows, cuts)] : []),
    '',
  ].join('\n\n');
}

function failureBlocks(failures: readonly ShownFailure[]): string[] {
  const blocks = failures.slice(0, cuts.failures).map((one) => {
    const { name, lines, seconds, log, blocks } = one;
    const facts = [
      ...(seconds === undefined ? [] : [`After ${clock(seconds)}.`]),
      ...(blocks.length > 0 ? [`Blocks ${cutList(blocks, cuts.names).join(', ')}.`] : []),
      ...(log === undefined ? [] : [`Its log: \`${name}.log\` in the artifact \`${log}\`.`]),
      `To see it on your machine, in a checkout of azl: \`make build-packages SPECS_DIR=<your specs> PACKAGE_BUILD_LIST=${name}\`, then \`make shell PACKAGE=${name}\`.`,
    ];
    const first = lines.slice(0, cuts.lines).map((line) => line.slice(0, cuts.line));
    const shown = first.length > 0 ? [fenced(first)] : [];
    return [`#### ✗ ${cut(name, cuts)}: ${cut(one.reason, cuts)}`, ...shown, facts.join(' ')].join('\n\n');
  });
  const more = failures.length - blocks.length;
  return more > 0 ? [...blocks, `and ${more} more that failed, which the table names`] : blocks;
}

/** Which packages came out otherwise when another job built them, which build counts, and what that cost. */
function notReproducible({ nonReproducible, builtAgain }: SummaryFacts): string[] {
  if (nonReproducible.length === 0) return [];
  const lines = nonReproducible.map(
    (one) => `- ${cut(nonReproducibleLine(one), { ...cuts, cell: cuts.line })}`,
  );
  const again = cutList(builtAgain, cuts.names).join(', ');
  return [
    '#### Not reproducible',
    cutList(lines, cuts.rows).join('\n'),
    ...(again === '' ? [] : [`What was built on a build that does not count was built again: ${again}.`]),
  ];
}

function timeLine(spans: readonly Span[], bound: Bound | undefined): string[] {
  if (spans.length === 0) return [];
  const { from } = extent(spans);
  const at = (time: number) => clock(time - from);
  const rows = byShard(spans).map(([shard, own]) => [
    ...[String(shard), String(own.length), clock(own.reduce((sum, one) => sum + one.ended - one.started, 0))],
    cutList(
      own.map((one) => `${one.package} ${at(one.started)}–${at(one.ended)}${one.failed ? ' ✗' : ''}`),
      cuts.builds,
    ).join(', '),
  ]);
  const words =
    bound === undefined || bound.least === 0
      ? []
      : [
          `${clock(bound.makespan)} from the first build to the last, ${(bound.makespan / bound.least).toFixed(2)} times the least that is possible: ${clock(bound.work)} of work for each of ${bound.slots} at once, ${clock(bound.chain)} for the longest chain.`,
        ];
  return [
    '#### Time line',
    fenced(timeBars(spans, cuts.shards)),
    ...words,
    `<details><summary>What each shard built</summary>\n\n${pageTable(['shard', 'builds', 'time', 'which, and when'], rows, { ...cuts, rows: cuts.shards, cell: 2000 })}\n\n</details>`,
  ];
}

function timeOf(outcome: Outcome): string {
  if (outcome.state === 'built') return clock(outcome.result.seconds);
  return outcome.state === 'failed' && outcome.seconds !== undefined ? clock(outcome.seconds) : '';
}

function rank(outcome: Outcome): number {
  return ['failed', 'blocked', 'left', 'built', 'reused'].indexOf(outcome.state);
}
