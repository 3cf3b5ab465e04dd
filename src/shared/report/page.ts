/** How much a page shows of what may be long. */
export interface Cuts {
  /** Rows of a table. */
  rows: number;
  /** Characters of a cell, and of a text in a line of its own. */
  cell: number;
  /** Characters of a line of a log. */
  line: number;
  /** Names of a list in a sentence. */
  names: number;
}

/** A text in one line that Markdown takes for no markup of tables, tags or code, cut to `cell` characters. Pure. */
export function cut(text: string, { cell }: Pick<Cuts, 'cell'>): string {
  const plain = text.replace(/\s+/g, ' ').trim();
  const short = plain.length > cell ? `${plain.slice(0, cell - 1)}…` : plain;
  return short.replace(/[\\`*<>|[\]&]/g, '\\$&');
}

/** The first `most` of a list, and how many more there are. Pure. */
export function cutList(list: readonly string[], most: number): string[] {
  return list.length > most ? [...list.slice(0, most), `and ${list.length - most} more`] : [...list];
}

/** A table as it is sent to a page: without blanks that only people need who read Markdown. Pure. */
export function pageTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  cuts: Pick<Cuts, 'rows' | 'cell'>,
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const more = rows.length > cuts.rows ? [`\nand ${rows.length - cuts.rows} more`] : [];
  return [
    line(head),
    line(head.map(() => '---')),
    ...rows.slice(0, cuts.rows).map((row) => line(row.map((text) => cut(text, cuts)))),
    ...more,
  ].join('\n');
}

/** Lines as they are, whatever signs are in them. Pure. */
export function fenced(lines: readonly string[]): string {
  const longest = Math.max(2, ...[...lines.join('\n').matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return [fence, ...lines, fence].join('\n');
}
