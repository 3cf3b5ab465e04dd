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

/** Writes a table in Markdown, without padding. Pure. */
export function pageTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  limits: Pick<PageLimits, 'rows' | 'cell'>,
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const more = rows.length > limits.rows ? [`\nand ${rows.length - limits.rows} more`] : [];
  return [
    line(head),
    line(head.map(() => '---')),
    ...rows.slice(0, limits.rows).map((row) => line(row.map((text) => inlineText(text, limits)))),
    ...more,
  ].join('\n');
}

/** Writes lines as a code block that no sign in them can end. Pure. */
export function fenced(lines: readonly string[]): string {
  const longest = Math.max(2, ...[...lines.join('\n').matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return [fence, ...lines.map(plainLine), fence].join('\n');
}
