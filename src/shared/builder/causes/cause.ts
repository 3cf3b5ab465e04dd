/** The remedy for a program that downloads. */
export const noNetwork =
  'A build has no network. List what it downloads as a Source, and let it use that file.';

/** The place of a cause in a script's output. */
export interface Place {
  /** The section of the spec. */
  section: string | undefined;
  /** The nearest match of a pattern in the lines before and after the cause. */
  before(pattern: RegExp): RegExpExecArray | undefined;
  after(pattern: RegExp): RegExpExecArray | undefined;
}

/** How sure it is that a line decides, the surest first. In one output the surest counts, of equals the first. */
export const rank = { verdict: 0, test: 1, error: 2, probable: 3, perhaps: 4, echo: 5 } as const;

/** A kind of line that names the cause of a failure. */
export interface Cause {
  line: RegExp;
  /** The line that must follow. */
  next?: RegExp;
  /** Default: `error`. */
  rank?: (typeof rank)[keyof typeof rank];
  /** Of equals the last counts: a later one follows from the one before it, as exceptions do. */
  last?: true;
  /** Pattern of a line near it that says more: the nearest one before, or after, is shown with it. */
  subject?: RegExp;
  detail?: RegExp;
  /** Numbers of lines shown before and after it. Default: 0 and 4. */
  show?: { before?: number; after?: number };
  /** The remedy, for people. `$1` is a group of `line`. */
  hint?: string | ((match: RegExpExecArray, place: Place) => string | undefined);
}

/** Lines that are searched for a subject or a detail. */
const near = 60;

/** Lines without information: make's way through folders, empty lines, rules, and tests that passed. */
const noise =
  /^\s*$|^\S*make(\[\d+\])?: (Entering|Leaving) directory|^# [A-Z]+: +\d+$|^(?:[=*-]{5,}|―{5,}.*)$|^std(?:out|err):$|^(PASS|SKIP|XFAIL): |^ok \d/;

/**
 * Words of which every cause has one. A long log is made of compilers' command lines: they are passed over at
 * once, and no pattern of a cause is tried on them.
 */
const keywords = new RegExp(
  [
    "(?<!-W)error|fail|not |no |n't |cannot|found|missing|missed|undefined|undeclared|denied|killed|segmentation|abort|illegal",
    'bus |dumped|exception|panic|assert|sanitizer|differ|exists|garbage|reversed|malformed|unexpected|unsupported',
    'unknown|unreachable|unable|unbound|resolve|memory|space left|multiple|recompile|skipping|hunks?|requires|is needed',
    'EOF on|inconsistent|invalid|insecure|missing|went wrong|dial tcp|EAI_AGAIN|DSO|\\*{3}|^-{3}|^E\\s|std(?:out|err)|cd: |signature',
    'permitted|read-only|too long|too many|busy|a directory|attempt to|\\.go:|\\.po:|\\.\\w+:\\d+: | line \\d|zipfile|archive|BUILD ',
  ].join('|'),
  'i',
);

/** Candidates that are tried from the beginning of an output, and as many from its end. */
const mostCandidates = 500;

/** Characters of a line that patterns are tried on: an error stands at its beginning. */
const mostTried = 500;

/** The output of a script that failed. */
export interface Output {
  lines: readonly string[];
  /** The section of the spec. */
  section: string | undefined;
  /** The indices of lines that may name a cause. */
  candidates: readonly number[];
}

/** Makes an output of its lines. Pure. */
export function outputOf(lines: readonly string[], section: string | undefined): Output {
  const found = lines.flatMap((line, at) => (keywords.test(line.slice(0, mostTried)) ? [at] : []));
  const isLong = found.length > 2 * mostCandidates;
  const candidates = isLong ? [...found.slice(0, mostCandidates), ...found.slice(-mostCandidates)] : found;
  return { lines, section, candidates };
}

/**
 * Finds the line of an output that decides, and what to show: that line, the remedy, then lines about it. Pure.
 * @param from the first line that may decide
 * @returns undefined when no line is of a known kind up to `weakest`
 */
export function findCause(
  causes: readonly Cause[],
  output: Output,
  from: number,
  weakest: number,
): { rank: number; lines: string[] } | undefined {
  let best: { cause: Cause; at: number; match: RegExpExecArray; rank: number } | undefined;
  for (const at of output.candidates) {
    if (at < from) continue;
    const line = (output.lines[at] as string).slice(0, mostTried);
    for (const cause of causes) {
      const own = cause.rank ?? rank.error;
      const better =
        best === undefined || own < best.rank || (own === best.rank && cause.last && best.cause === cause);
      if (own > weakest || !better) continue;
      const match = cause.line.exec(line);
      if (match === null || !(cause.next?.test(output.lines[at + 1] ?? '') ?? true)) continue;
      if (isIgnored(output.lines, at)) continue;
      best = { cause, at, match, rank: own };
    }
  }
  return best && { rank: best.rank, lines: linesAbout(best.cause, output, best.at, best.match) };
}

/** True for an error of a command that make ignores (`-rm x.o`): make's next word of a failure says so. */
function isIgnored(lines: readonly string[], at: number): boolean {
  const next = lines
    .slice(at, at + near)
    .find((line) => /^\S*make(?:\[\d+\])?: (?:\*\*\* )?\[.*\] /.test(line));
  return next?.endsWith('(ignored)') === true;
}

function linesAbout(cause: Cause, { lines, section }: Output, at: number, match: RegExpExecArray): string[] {
  const earlier = lines.slice(Math.max(0, at - near), at).reverse();
  const later = lines.slice(at + 1, at + 1 + near);
  const nearest = (around: readonly string[]) => (pattern: RegExp) => {
    const found = around.find((line) => pattern.test(line));
    return found === undefined ? undefined : (pattern.exec(found) ?? undefined);
  };
  const place = { section, before: nearest(earlier), after: nearest(later) };
  const hint = typeof cause.hint === 'function' ? cause.hint(match, place) : filled(cause.hint, match);
  const lineOf = (pattern: RegExp | undefined, find: Place['before']) =>
    pattern === undefined ? undefined : find(pattern)?.input;
  const { before = 0, after = 4 } = cause.show ?? {};
  const shown = [
    lines[at],
    hint === undefined ? undefined : `hint: ${hint}`,
    lineOf(cause.detail, place.after),
    lineOf(cause.subject, place.before),
    ...informative(earlier.filter((line) => !/^\++ /.test(line)))
      .slice(0, before)
      .reverse(),
    ...informative(later.filter((line) => !/^\++ exit \d/.test(line))).slice(0, after),
  ];
  return [...new Set(shown.filter((line) => line !== undefined))];
}

/** The lines of an output that say something. Pure. */
export function informative(lines: readonly string[]): string[] {
  return lines.filter((line) => !noise.test(line));
}

function filled(text: string | undefined, match: RegExpExecArray): string | undefined {
  return text?.replace(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? '');
}
