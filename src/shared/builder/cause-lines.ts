import { plainLine } from '../base/plain-line.ts';
import { buildToolCauses } from './causes/build-tools.ts';
import { type Cause, findCause, informative, outputOf, rank } from './causes/cause.ts';
import { compilerCauses } from './causes/compilers.ts';
import { languageCauses } from './causes/languages.ts';
import { helperCauses, missingFile, specErrors } from './causes/spec.ts';
import { sourceCauses, systemCauses } from './causes/system.ts';
import { testCauses } from './causes/tests.ts';
import { lastCommand, lastHelper, type RpmError, rpmbuildFailure } from './rpmbuild-log.ts';

/** Limits of the lines that a shard reports of a failure. Other jobs refuse more. */
export const lineLimits = { lines: 100, characters: 2000 };

/** Lines shown of a failure: enough to know the remedy, few enough to read all. */
const shownLines = 16;

/** The failure of a build or a check, as its log tells it. */
export interface Failure {
  /** The section or step that failed, as `%build failed`; undefined when the log does not tell. */
  reason: string | undefined;
  /** The section of the spec that failed (`%build`), and the line of the spec that rpm names. */
  section: string | undefined;
  line: number | undefined;
  /** The line that decides first, then the remedy, then lines about it. */
  lines: string[];
  /** Paths of `%files` that are not in the build root. */
  missing: string[];
}

/** Words of any program for an error: what is left when nothing better is known. */
const commonCauses: readonly Cause[] = [
  { line: /^\s*(?:\S+: )?(?:fatal |internal )?error[:!] /i, rank: rank.probable },
  {
    line: /\bERROR\b|\bFATAL\b|\bfatal: |(?:^|: )(?:fatal )?error:? |No such file or directory|File exists|\b(?:cannot|can't|could not|failed to|unable to|not found)\b/i,
    rank: rank.perhaps,
    show: { before: 1 },
  },
];

export const causes: readonly Cause[] = [
  ...[...sourceCauses, ...helperCauses, ...systemCauses, ...buildToolCauses, ...compilerCauses],
  ...[...languageCauses, ...testCauses, ...commonCauses],
];

/** rpm's own lines at the head of each script. */
const prologue = /^\++ (?:umask|cd \S+\/BUILD$|exit 0)/;

/** The last words of make and ninja about an error that is shown before. */
const gaveUp = /^\S*make(?:\[\d+\])?: \*\*\* |^ninja: build stopped/;

/** Tells what failed in the log of a build, and why. Pure. */
export function explainFailure(log: string): Failure {
  const lines = log.split(/\r\n|[\r\n]/).map((line) => plainLine(line.slice(0, lineLimits.characters)));
  const ended = endedAtLimit(lines);
  if (ended !== undefined) return ended;
  const { section, errors, output } = rpmbuildFailure(lines);
  const failure = errors.length > 0 ? rpmFailure(errors, section, lines) : scriptFailure(output, section);
  const missing = errors.flatMap(({ message }) => missingFile.exec(withoutRoot(message))?.[1] ?? []);
  return { section, line: undefined, missing, ...failure, lines: limited(failure.lines) };
}

/**
 * The last line of a log whose step was ended because it used more than it may: rpmbuild (`it`), or another one. Or a step
 * after rpmbuild failed.
 */
const endedLine = /^azl: (ended|failed): (it )?(.*)$/;

/** The reason of a step that was ended for the disk of the machine, and not for a limit of its own. */
const fullDisk = /\bwrote to the disk until /;
const moreDisk = 'It needs a larger disk, or fewer builds at once.';
const otherLimits = 'The input package-limits raises the limits of one package.';

/** The failure of a step that was ended at a limit, in whatever it did last; undefined if it was not. */
function endedAtLimit(lines: readonly string[]): Failure | undefined {
  const last = lines.findLastIndex(Boolean);
  const [, how, rpmbuild, message] = endedLine.exec(lines[last] ?? '') ?? [];
  if (message === undefined) return undefined;
  const hint = `hint: ${fullDisk.test(message) ? moreDisk : otherLimits}`;
  // What rpmbuild logged before tells nothing of another step.
  if (rpmbuild === undefined)
    return {
      reason: message,
      section: undefined,
      line: undefined,
      lines: how === 'ended' ? [hint] : [],
      missing: [],
    };
  const own = lines.slice(0, last);
  const { section } = rpmbuildFailure(own);
  const shown = [hint, ...informative(own.slice(-endLines)).slice(-7)];
  return {
    reason: `${section ?? 'rpmbuild'} ${message}`,
    section,
    line: undefined,
    lines: shown,
    missing: [],
  };
}

/** Lines before the end that are looked at for some that say something. */
const endLines = 60;

function limited(lines: readonly string[]): string[] {
  const rest = lines.length - shownLines;
  return rest > 0 ? [...lines.slice(0, shownLines), `(and ${rest} more in the log)`] : [...lines];
}

/** Notes that the builder adds to a log: what is in the build root under the name of a file that rpm did not find. */
export const notePrefix = 'azl: ';

function rpmFailure(errors: readonly RpmError[], section: string | undefined, lines: readonly string[]) {
  const [first] = errors as [RpmError];
  const notes = lines
    .filter((line) => line.startsWith(notePrefix))
    .map((line) => line.slice(notePrefix.length));
  const kind = specErrors.find(({ message }) => message.test(first.message));
  const match = kind?.message.exec(first.message);
  const same = errors.filter(({ message }) => kind?.message.test(message));
  const hint = match && kind?.hint?.(match);
  const shown = errors.flatMap(({ message, details }) => {
    const path = withoutRoot(message).split(': ')[1] ?? '';
    return [
      withoutRoot(message),
      ...details.map(withoutRoot),
      ...notes.filter((note) => note.startsWith(`${path} `)),
    ];
  });
  const line = /^line (\d{1,7}): /.exec(first.message)?.[1];
  const unknown = section && `${section}: ${withoutRoot(first.message)}`;
  return {
    reason: match ? kind?.reason(match, same.length, first) : unknown,
    line: line === undefined ? undefined : Number(line),
    lines: [...shown.slice(0, 1), ...(hint ? [`hint: ${hint}`] : []), ...shown.slice(1)],
  };
}

/** A path as the package will have it. */
function withoutRoot(text: string): string {
  return text.replaceAll(/\/\S*\/BUILDROOT\/[^/\s]+(?=\/)/g, '');
}

/** Looks at the output of the last command first: the ones before it ended well. */
function scriptFailure(output: readonly string[], section: string | undefined) {
  const command = lastCommand(output);
  const helper = lastHelper(output);
  const title =
    section === undefined ? undefined : `${section} failed${helper === undefined ? '' : ` (${helper})`}`;
  const whole = outputOf(output, section);
  const find = (from: number, weakest: number) => findCause(causes, whole, from, weakest);
  // A recipe of make may trace its commands, too: then the error is before the last one.
  const isNested = output.slice(command + 1).some((line) => gaveUp.test(line));
  const found =
    find(command + 1, rank.probable) ??
    (isNested ? find(0, rank.probable) : undefined) ??
    find(command + 1, rank.perhaps) ??
    (isNested ? find(0, rank.echo) : undefined);
  if (found !== undefined) {
    const ran = found.rank >= rank.probable && command !== -1 ? [output[command] as string] : [];
    return { reason: title, lines: [...new Set([...found.lines, ...ran])] };
  }
  const start = Math.max(
    0,
    command,
    output.findLastIndex((line) => /^\++ exit [1-9]/.test(line)),
  );
  const last = [
    ...output.slice(start, start + 1).filter(Boolean),
    ...informative(output.slice(start + 1)).slice(-7),
  ];
  const before = informative(output.slice(0, start))
    .filter((line) => !prologue.test(line))
    .slice(-4);
  if (section === undefined) {
    // The last run of this log ended well, and what failed after it wrote no log.
    const isComplete = output.findLast(Boolean)?.startsWith('Wrote: ') === true;
    return { reason: undefined, lines: isComplete ? [] : [...before, ...last] };
  }
  const noMessage =
    'hint: Its log has no message of an error. The last command is shown, then the lines after and before it.';
  return {
    reason: `${title} without a message`,
    lines: [...last.slice(0, 1), noMessage, ...last.slice(1), ...before],
  };
}
