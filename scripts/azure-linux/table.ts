import { order } from '../../src/shared/base/order.ts';
import { type CauseKind, causeKinds } from './causes.ts';

/**
 * What became of a listed spec. Two do not count: `gone`, whose sources cannot be had any more, and `excluded`, which is not
 * for this architecture.
 */
export const states = ['built', 'reused', 'failed', 'blocked', 'gone', 'excluded'] as const;
export type State = (typeof states)[number];

/** A listed spec in `azure-linux.json`. */
export interface Row {
  tree: string;
  spec: string;
  state: State;
  /** Of a failed one. */
  cause?: CauseKind;
  /** One line. */
  reason: string;
  seconds: number | null;
}

/** `out/azure-linux.json`. */
export interface Table {
  schema: 'azl/azure-linux';
  version: 1;
  /** The commit of the checkout, if it is one. */
  commit: string | null;
  /** The host: `debian 12`. */
  host: string;
  seconds: number;
  rows: Row[];
}

/** Returns the number of rows in each state, and the share that was built of those that count. Pure. */
export function totals(rows: readonly Row[]) {
  const count = (state: State) => rows.filter((row) => row.state === state).length;
  const counted = rows.length - count('gone') - count('excluded');
  const built = count('built') + count('reused');
  return {
    counts: Object.fromEntries(states.map((state) => [state, count(state)])) as Record<State, number>,
    counted,
    built,
    percent: counted === 0 ? 0 : (100 * built) / counted,
  };
}

/** Writes the totals in a sentence. Pure. */
export function totalsLine(rows: readonly Row[]): string {
  const { counts, counted, built, percent } = totals(rows);
  const gone = counts.gone === 0 ? '' : ` The sources of ${counts.gone} more are gone from the mirror.`;
  return `${built} of ${counted} specs are built (${percent.toFixed(1)} %), ${counts.failed} failed, ${counts.blocked} are blocked by these.${gone}`;
}

/** Writes the table for the terminal: the totals, then each spec that is not built, by cause. Pure. */
export function terminalText(rows: readonly Row[]): string {
  const failed = rows.filter(({ state }) => state === 'failed');
  const width = Math.max(0, ...rows.map(({ spec }) => spec.length));
  const lines = causeKinds.flatMap((kind) => {
    const own = failed.filter(({ cause }) => cause === kind);
    const shown = own.map(({ spec, reason }) => `  ${spec.padEnd(width)}  ${reason.slice(0, 160)}`);
    return own.length === 0 ? [] : [`${kind}: ${own.length}`, ...shown];
  });
  const others = (['blocked', 'gone', 'excluded'] as const).flatMap((state) => {
    const own = rows.filter((row) => row.state === state);
    return own.length === 0 ? [] : [`${state}: ${own.map(({ spec }) => spec).join(' ')}`];
  });
  return [...lines, ...others, totalsLine(rows)].join('\n');
}

/** Characters of a line of names. */
const lineWidth = 110;

/** Writes names side by side, in lines. */
function inLines(names: readonly string[]): string {
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.at(-1);
    if (last === undefined || last.length + name.length >= lineWidth) lines.push(name);
    else lines[lines.length - 1] = `${last} ${name}`;
  }
  return lines.join('\n');
}

/** Writes the table as Markdown. Pure. */
export function markdownText({ rows, host, commit }: Table): string {
  const cell = (text: string) => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 200);
  const code = (text: string) => `\`${cell(text).replaceAll('`', "'")}\``;
  const open = rows
    .filter(({ state }) => state === 'failed')
    .sort((a, b) => order(a.cause ?? '', b.cause ?? '') || order(a.spec, b.spec));
  const named = (state: State) => rows.flatMap((row) => (row.state === state ? [row.spec] : []));
  const list = (names: readonly string[]) =>
    names.length === 0 ? ' none' : `\n\n\`\`\`text\n${inLines([...names].sort(order))}\n\`\`\``;
  const blocked = rows.filter(({ state }) => state === 'blocked');
  return [
    `On ${host}${commit === null ? '' : `, commit ${code(commit.slice(0, 12))}`}: ${totalsLine(rows)}`,
    '| spec | cause | what the build says |',
    '|---|---|---|',
    ...open.map(({ spec, cause, reason }) => `| ${spec} | ${cause} | ${code(reason)} |`),
    '',
    `Blocked:${list(blocked.map(({ spec }) => spec))}`,
    '',
    `Built:${list([...named('built'), ...named('reused')])}`,
  ]
    .join('\n')
    .replace('\n| spec', '\n\n| spec');
}
