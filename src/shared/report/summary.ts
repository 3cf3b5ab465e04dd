import { order } from '../graph/graph.ts';
import type { Outcome } from '../plan/state.ts';
import { clock } from './duration.ts';

/** What a summary is told besides the outcomes. */
export interface SummaryFacts {
  /** Seconds of the whole run. */
  seconds: number;
  /** Names whose `%check` failed, and the log of each. */
  failedChecks: { name: string; reason: string; log?: string }[];
  /** The decisive lines of a failed package's log. */
  linesOf: (name: string) => readonly string[];
  /** Where the RPMs are. */
  rpmsDir: string;
}

const states = ['built', 'reused', 'failed', 'blocked', 'left'] as const;

/** How many packages ended in each state. */
export function tally(outcomes: ReadonlyMap<string, Outcome>): Record<(typeof states)[number], number> {
  const counts = { built: 0, reused: 0, failed: 0, blocked: 0, left: 0 };
  for (const outcome of outcomes.values()) counts[outcome.state]++;
  return counts;
}

/** The last screen: root causes first, then what was built and why, the counts, and what to do next. */
export function summaryText(outcomes: ReadonlyMap<string, Outcome>, facts: SummaryFacts): string[] {
  const lines: string[] = [];
  const sorted = [...outcomes].sort(([a], [b]) => order(a, b));
  for (const [name, outcome] of sorted) {
    if (outcome.state !== 'failed') continue;
    lines.push(`✗ ${name}: ${outcome.reason}`);
    lines.push(...facts.linesOf(name).map((line) => `    ${line}`));
    if (outcome.log !== undefined) lines.push(`    log: ${outcome.log}`);
    const stopped = sorted.filter(([, one]) => one.state === 'blocked' && one.rootCauses.includes(name));
    if (stopped.length > 0) lines.push(`    blocks: ${stopped.map(([one]) => one).join(', ')}`);
    if (outcome.log !== undefined)
      lines.push(`    next: make shell PACKAGE=${name}    (its build root, as it failed)`);
  }
  for (const { name, reason, log } of facts.failedChecks) {
    lines.push(`✗ ${name}: ${reason}`, ...(log === undefined ? [] : [`    log: ${log}`]));
  }
  for (const [name, outcome] of sorted) {
    if (outcome.state === 'built')
      lines.push(`✓ ${name} built in ${clock(outcome.result.seconds)}: ${outcome.reason}`);
    if (outcome.state === 'left') lines.push(`- ${name} left: ${outcome.reason}`);
  }
  const counts = tally(outcomes);
  lines.push(
    `${states
      .filter((state) => counts[state] > 0)
      .map((state) => `${counts[state]} ${state}`)
      .join(', ')} in ${clock(facts.seconds)}. RPMs: ${facts.rpmsDir}`,
  );
  return lines;
}

/** The same for the job's summary page, as Markdown. */
export function summaryMarkdown(outcomes: ReadonlyMap<string, Outcome>, facts: SummaryFacts): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const rows = [...outcomes]
    .sort(([a, x], [b, y]) => rank(x) - rank(y) || order(a, b))
    .map(([name, outcome]) => {
      const time = outcome.state === 'built' ? clock(outcome.result.seconds) : '';
      return `| ${cell(name)} | ${outcome.state} | ${cell(outcome.reason)} | ${time} |`;
    });
  const counts = tally(outcomes);
  const head = states.filter((state) => counts[state] > 0).map((state) => `**${counts[state]} ${state}**`);
  const failures = [...outcomes].flatMap(([name, outcome]) =>
    outcome.state === 'failed'
      ? [
          `<details><summary>${name}</summary>\n\n\`\`\`\n${facts.linesOf(name).join('\n')}\n\`\`\`\n</details>\n`,
        ]
      : [],
  );
  const checks = facts.failedChecks.map(({ name, reason }) => `- ${name}: ${cell(reason)}`);
  return [
    `### Packages: ${head.join(', ')} in ${clock(facts.seconds)}`,
    ...failures,
    ...(checks.length > 0 ? ['Failed checks:', ...checks, ''] : []),
    '| package | state | why | time |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function rank(outcome: Outcome): number {
  return ['failed', 'blocked', 'left', 'built', 'reused'].indexOf(outcome.state);
}
