import { plainLine } from '../base/plain-line.ts';

/** Limits of the parts of a page that may be long. */
export interface PageLimits {
  /** Rows of a table. */
  rows: number;
  /** Characters of a cell, and of a text in a line of its own. */
  cell: number;
  /** Characters of a line of a log. */
  line: number;
  /** Names of a list in a sentence. */
  names: number;
}

/** A text that leads to an address, where that is known. */
export interface Link {
  text: string;
  /** Without characters that end a link of Markdown. */
  address: string | undefined;
}

/** Writes a text in one line, cut to `cell` characters: no sign in it is one of Markdown, and no address is a link. Pure. */
export function inlineText(text: string, { cell }: Pick<PageLimits, 'cell'>): string {
  const plain = plainLine(text.replace(/\s+/g, ' ')).trim();
  const short = plain.length > cell ? `${plain.slice(0, cell - 1)}…` : plain;
  return (
    short
      .replace(/[\\`*<>|[\]&~$@]|(?<!\w)_|_(?!\w)/g, '\\$&')
      // Addresses would become links.
      .replace(/:(?=\/\/)|(?<=\bwww)\./gi, '\\$&')
      .replace(/^(\d*)([#+=.)-])(?=[\s#+=-]|$)/, '$1\\$2')
  );
}

/** The first `most` elements of a list, and how many more there are. Pure. */
export function limitList(list: readonly string[], most: number): string[] {
  return list.length > most ? [...list.slice(0, most), `and ${list.length - most} more`] : [...list];
}

/** Writes a text as code, in one line, which no sign in it ends. Pure. */
export function code(text: string): string {
  const plain = plainLine(text.replace(/\s+/g, ' '));
  const ticks = '`'.repeat(longestTicks(plain) + 1);
  const space = /^`|`$/.test(plain) ? ' ' : '';
  return `${ticks}${space}${plain}${space}${ticks}`;
}

/** Writes a text, as code if `isCode`, which is a link if its address is known. Pure. */
export function link({ text, address }: Link, limits: Pick<PageLimits, 'cell'>, isCode = false): string {
  const shown = isCode ? code(text) : inlineText(text, limits);
  return address === undefined ? shown : `[${shown}](${address})`;
}

/** Writes a part of a page that is shown on a click. `title` is Markdown. Pure. */
export function collapsed(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}

/** Bytes of a page: GitHub drops one of more than 1 MiB. */
const mostBytes = 900_000;

/** Writes the parts of a page, from the first on, as far as GitHub shows it. Pure. */
export function pageOf(parts: readonly string[]): string {
  let room = mostBytes;
  const shown = parts.filter((part) => {
    const bytes = Buffer.byteLength(part) + 2;
    if (bytes > room) return false;
    room -= bytes;
    return true;
  });
  const rest = 'The page has no room for the rest: the log of the job has it.';
  return [...shown, ...(shown.length < parts.length ? [rest] : []), ''].join('\n\n');
}

/** Writes a table in Markdown, without padding. Pure. */
export function pageTable(
  head: readonly string[],
  rows: readonly (readonly (string | Link)[])[],
  limits: Pick<PageLimits, 'rows' | 'cell'>,
): string {
  const cell = (one: string | Link) =>
    link(typeof one === 'string' ? { text: one, address: undefined } : one, limits);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const more = rows.length > limits.rows ? [`\nand ${rows.length - limits.rows} more`] : [];
  return [
    line(head),
    line(head.map(() => '---')),
    ...rows.slice(0, limits.rows).map((row) => line(row.map(cell))),
    ...more,
  ].join('\n');
}

/** Writes lines as a code block that no sign in them can end. Pure. */
export function fenced(lines: readonly string[], language = ''): string {
  const fence = '`'.repeat(Math.max(2, longestTicks(lines.join('\n'))) + 1);
  return `${fence}${language}\n${lines.map(plainLine).join('\n')}\n${fence}`;
}

function longestTicks(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
}
