/** Returns a Markdown table, with columns as wide as the formatter makes them. Pure. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => [...(row[column] ?? '')].length)),
  );
  const line = (row: readonly string[], fill: string) =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width, fill)).join(' | ')} |`;
  return [line(head, ' '), line([], '-'), ...rows.map((row) => line(row, ' '))].join('\n');
}

/**
 * Replaces the text between `<!-- mark -->` and `<!-- /mark -->`. Without the mark, the text is unchanged. Pure.
 * @throws Error for a mark without its end
 */
export function withBlock(text: string, mark: string, content: string): string {
  const [from, to] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const start = text.indexOf(from);
  if (start < 0) return text;
  const stop = text.indexOf(to, start);
  if (stop < 0) throw new Error(`'${from}' has no '${to}'`);
  return `${text.slice(0, start)}${from}\n${content}\n${text.slice(stop)}`;
}
