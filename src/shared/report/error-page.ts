import { counted } from '../base/counted.ts';
import { formatProblem, type Problem } from '../base/problems.ts';
import { inlineText, type Link, link, type PageLimits, pageOf } from './page.ts';

const limits: Pick<PageLimits, 'cell' | 'rows'> = { cell: 2000, rows: 50 };

/** Returns the page of a job that could not begin its work, or had to end it: what is wrong, where, and what helps. Pure. */
export function errorPage(
  title: string,
  problems: readonly (Problem | string)[],
  addressOf: (file: string, line?: number) => string | undefined,
): string {
  const shown = problems.slice(0, limits.rows).map((one) => listItem(one, addressOf));
  const more = problems.length - shown.length;
  return pageOf([
    `### ✗ ${inlineText(title, limits)}: ${counted(problems.length, 'error')}`,
    shown.join('\n'),
    ...(more > 0 ? [`and ${more} more: see the log`] : []),
  ]);
}

function listItem(
  one: Problem | string,
  addressOf: (file: string, line?: number) => string | undefined,
): string {
  if (typeof one === 'string' || one.file === undefined) return `- ${inlineText(formatProblem(one), limits)}`;
  const { file, line, column, hint, ...rest } = one;
  const place: Link = {
    text: [file, line, column].filter((part) => part !== undefined).join(':'),
    address: addressOf(file, line),
  };
  const help = hint === undefined ? '' : `<br>${inlineText(hint, limits)}`;
  return `- ${link(place, limits, true)}: ${inlineText(formatProblem(rest), limits)}${help}`;
}
