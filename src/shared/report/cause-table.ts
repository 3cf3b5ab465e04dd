import { type Link, limitList, type PageLimits, pageTable } from './page.ts';
import type { References } from './references.ts';
import { stoppedBy, type TreeCause } from './tree-causes.ts';

/** Packages that a row names. */
const mostNames = 8;

/** Writes the errors of a tree as a part of a page: a table, what stops most first; nothing without errors. Pure. */
export function causeTable(
  causes: readonly TreeCause[],
  references: References,
  limits: Pick<PageLimits, 'rows' | 'cell'>,
): string[] {
  if (causes.length === 0) return [];
  const rows = causes.map((cause) => {
    const { problem, more, failed, blocked } = cause;
    const names = limitList([...failed, ...blocked], mostNames).join(', ');
    const others = more === 0 ? '' : ` (and in ${more} more)`;
    return [`${stoppedBy(cause)}`, `${problem.message}${others}`, placeOf(cause, references), names] as const;
  });
  return ['#### Why packages cannot be built', pageTable(['stops', 'cause', 'where', 'which'], rows, limits)];
}

function placeOf({ problem, failed }: TreeCause, { specOf }: References): Link | string {
  const { file = '', line } = problem;
  const own = failed.find((name) => specOf(name)?.text === file);
  const text = line === undefined ? file : `${file}:${line}`;
  return (own === undefined ? undefined : specOf(own, line)) ?? text;
}
