import { clock } from '../base/duration.ts';
import type { FailureKind } from '../model/outcome.ts';
import { nextStep } from './next-step.ts';
import { code, fenced, inlineText, type Link, limitList, link, type PageLimits } from './page.ts';

/** A failed package, as a page shows it. */
export interface ShownFailure {
  name: string;
  /** Empty if it is not known. */
  version: string;
  reason: string;
  kind?: FailureKind | undefined;
  /** Of its build. */
  seconds?: number | undefined;
  /** The lines of its log that name the cause. */
  lines: readonly string[];
  /** The artifact with its log. */
  log?: Link | undefined;
  /** Its spec, at the line that failed if that is known. */
  spec?: Link | undefined;
  /** Packages that need it. */
  blocks: readonly string[];
  /** Its `%check` failed, not its build. */
  isCheck?: boolean;
}

/** Numbers of failures and of lines of each, and the characters of a line. */
export const failureLimits = { failures: 20, lines: 20, line: 300, reason: 4000 };

/** Writes failures as parts of a page: what failed and why, and what helps. Pure. @param rest where the others are */
export function failureBlocks(
  failures: readonly ShownFailure[],
  limits: Pick<PageLimits, 'cell' | 'names'>,
  rest: string,
): string[] {
  const shown = failures.slice(0, failureLimits.failures).map((one) => failureBlock(one, limits));
  const more = failures.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more that failed: see ${rest}`] : shown;
}

function failureBlock(failure: ShownFailure, limits: Pick<PageLimits, 'cell' | 'names'>): string {
  const { name, version, reason, kind, lines, seconds, spec, log, blocks, isCheck = false } = failure;
  const facts = [
    ...(seconds === undefined || seconds < 1 ? [] : [`After ${clock(seconds)}.`]),
    ...(blocks.length > 0 ? [`Blocks ${nameList(blocks, limits)}.`] : []),
    ...(log === undefined
      ? []
      : [
          `Its log: ${code(`${name}${isCheck ? '.check' : ''}.log`)} in the artifact ${link(log, limits, true)}.`,
        ]),
    ...(spec === undefined ? [] : [`Its spec: ${link(spec, limits, true)}.`]),
  ];
  // A title is one line, and cut.
  const isLong = reason.length > limits.cell || reason.includes('\n');
  const [first = ''] = isLong ? wrapped(reason) : [reason];
  // The spec is named below.
  const place = `${spec?.text.replace(/:\d+$/, '')}: `;
  const head = (first.startsWith(place) ? first.slice(place.length) : first).replace(/[.;]\s*$/, '');
  const shown = lines.slice(0, failureLimits.lines);
  const parts = [
    `#### ✗ ${inlineText(`${name} ${version}`, limits)}: ${inlineText(head, limits)}`,
    ...(isLong ? [fenced(wrapped(reason))] : []),
    ...(shown.length > 0 ? [fenced(shown.map((line) => line.slice(0, failureLimits.line)))] : []),
    ...(facts.length > 0 ? [facts.join(' ')] : []),
    `**Next:** ${nextStep(name, kind, isCheck)}`,
  ];
  return parts.join('\n\n');
}

/** A reason in lines that a page shows without a scroll bar. */
function wrapped(reason: string): string[] {
  return reason.slice(0, failureLimits.reason).split(/\n|(?<=; |\. )/);
}

/** Writes names in a sentence, the first ones of many. Pure. */
export function nameList(names: readonly string[], limits: Pick<PageLimits, 'names'>): string {
  return inlineText(limitList(names, limits.names).join(', '), { cell: Number.POSITIVE_INFINITY });
}
