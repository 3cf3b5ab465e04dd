import { dirname, join } from 'node:path';
import type { Problem } from '../base/problems.ts';

type Check<T> = (value: unknown) => value is T;
type Checked<C> = C extends Check<infer T> ? T : never;

const text = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 65_536 && value.isWellFormed() && !/\p{Cc}/u.test(value);
const lines = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 8_388_608 && value.isWellFormed() && !value.includes('\0');
const number = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff;
const maybe =
  <T>(check: Check<T>) =>
  (value: unknown): value is T | undefined =>
    value === undefined || check(value);
const truth = (value: unknown): value is boolean => typeof value === 'boolean';
const list =
  <T>(item: Check<T>) =>
  (value: unknown): value is T[] =>
    Array.isArray(value) && value.every(item);
const object = <T>(fields: { [K in keyof T]: Check<T[K]> }): Check<T> => {
  const checks = Object.entries<Check<unknown>>(fields);
  return (value): value is T =>
    typeof value === 'object' &&
    value !== null &&
    checks.every(([name, check]) => check((value as Record<string, unknown>)[name]));
};
/** Checks each object once: answers are asked about often, and nobody changes them. */
const once = <T extends object>(check: Check<T>): Check<T> => {
  const right = new WeakSet<object>();
  return (value): value is T => {
    if (right.has(value as object)) return true;
    const is = check(value);
    if (is) right.add(value);
    return is;
  };
};
const source = (value: unknown): value is [full: string, name: string, number: number, flags: number] =>
  Array.isArray(value) && value.length === 4 && value.slice(0, 2).every(text) && value.slice(2).every(number);

const names = list(text);
const evr = { name: text, epoch: number, version: text, release: text };
const isPackage = object({
  ...{ ...evr, arch: text, provides: names, requires: names, conflicts: names, obsoletes: names },
  ...{ fileList: lines, built: truth },
});

/**
 * True if `value` has the shape of an answer of `parse.py` about one spec, and its strings are bounded and free of
 * control characters. Only that: a spec decides the content, which is not trusted.
 */
export const isSpecAnswer = once(
  object({
    ...{ ...evr, noSource: truth, exclusiveArch: names, excludeArch: names },
    ...{ buildRequires: names, buildConflicts: names, sources: list(source), packages: list(isPackage) },
    ...{ hasCheck: truth, generates: truth },
  }),
);
export type SpecAnswer = Checked<typeof isSpecAnswer>;

/** True if the names of the files that a spec has read, or has as Sources, are bounded and free of control characters. Pure. */
export const hasPlainNames = ({ opened, programs }: Pick<JobAnswer, 'opened' | 'programs'>): boolean =>
  opened.every(list(text)) && programs.every(text);

/** One line of the output of `parse.py`, whose shape {@link jobAnswer} checks, but for `answers`, `opened` and `programs`. */
export interface JobAnswer {
  index: number;
  /** Why the spec was refused; nothing else is then said. */
  problems?: Problem[];
  /** SHA-256 of the spec. */
  digest: string;
  /** Why there are no answers: '' when rpm refused the spec; null when there are. */
  ended: string | null;
  /** Output of rpm, and of programs that the spec runs. */
  output: string;
  /** Without the check and, where that may differ, with it. */
  answers: SpecAnswer[] | null;
  /** The files of its folder that the spec has read, by name: path in the folder, SHA-256. */
  opened: [name: string, digest: string][];
  /** The paths of those, and of its Sources in that folder, that may be executed. Sorted. */
  programs: string[];
  /** The macros with versions of other specs that the spec, or a file that it has read, names. Sorted. */
  named: string[];
}

const isRefusal = object({ index: number, problems: list(object({ message: text, hint: maybe(text) })) });
const isAnswered = object({
  ...{ index: number, digest: text, output: lines },
  ended: (value): value is string | null => value === null || text(value),
  answers: (value): value is SpecAnswer[] | null =>
    value === null || (Array.isArray(value) && value.length > 0 && value.length <= 2),
  opened: (value): value is JobAnswer['opened'] => Array.isArray(value),
  programs: (value): value is string[] => Array.isArray(value),
  named: names,
});

/** The part of an answer that does not depend on the request: what rpm said about a spec that it has read. */
export type Reading = Omit<JobAnswer, 'index' | 'problems'> & { ended: null; answers: SpecAnswer[] };

/**
 * True for what rpm said about a spec that it has read, complete and in the form that every answer must have. What was
 * remembered is checked as what rpm says now. Pure.
 */
export function isReading(value: unknown): value is Reading {
  if (typeof value !== 'object' || value === null) return false;
  const reading = { ...value, index: 0 };
  if (!isAnswered(reading) || reading.ended !== null) return false;
  return hasPlainNames(reading) && reading.answers?.every(isSpecAnswer) === true;
}

/** The longest line of `parse.py`: two answers and what programs said. */
const longestAnswer = 20 * 1024 * 1024;

/**
 * Returns the answer that is expected for the spec `index`.
 * @throws Error for a line that is another one: python or rpm of a build root may be a stranger's
 */
export function jobAnswer(line: string, index: number | undefined): JobAnswer {
  const value: unknown = line.length > longestAnswer ? undefined : parsed(line);
  if (!(isRefusal(value) || isAnswered(value)) || value.index !== index)
    throw new Error(`the parse of specs gave an answer that cannot be read: ${plain(line.slice(0, 200))}`);
  return value as JobAnswer;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const notFound = ': No such file or directory';
/** Ends a path in what programs say. */
const separator = /[\s:'"‘’`]/;
const longestPath = 4096;

/** Returns the relative and absolute paths that programs, by their output, have not found, each once, a hundred. Pure. */
export function pathsNotFound(output: string): string[] {
  const found = new Set<string>();
  // Output is hostile. Without a pattern that runs over it from each of its characters this takes one pass.
  for (
    let at = output.indexOf(notFound);
    at >= 0 && found.size < 100;
    at = output.indexOf(notFound, at + 1)
  ) {
    const end = /['"’]/.test(output[at - 1] ?? '') ? at - 1 : at;
    let start = end;
    while (start > 0 && end - start < longestPath && !separator.test(output[start - 1] as string)) start -= 1;
    const path = output.slice(start, end);
    if (path.includes('/')) found.add(path);
  }
  return [...found];
}

/**
 * Reads problems of the spec `file` from rpm's output (`error: line 12: Unknown tag: Bogus: x`), each once. Pure.
 * @param text the spec. If it includes files, rpm's line may be one of theirs
 */
export function problemsOfOutput(file: string, ended: string, output: string, text = ''): Problem[] {
  const errors = output.split('\n').flatMap((line) => /^\s*error: (.*\S)/.exec(line)?.[1] ?? []);
  const own = errors.filter((line) => !/^(?:query of specfile|parsing spec|can't parse specfile)/.test(line));
  const shown = [...new Set(own)].slice(0, 20).map((line) => plain(line).slice(0, 500));
  if (ended !== '') {
    const hint = 'Look at the programs that the spec runs while it is read: its %(…) and %{lua:…}.';
    return [{ file, message: `reading this spec ${ended}`, hint }];
  }
  if (shown.length === 0) {
    const tail = plain(output.trim().split('\n').at(-1) ?? '').slice(0, 500);
    const message = `rpm cannot read this spec${tail === '' ? '' : `: ${tail}`}`;
    return [{ file, message, hint: 'Run `rpmspec --parse` on it.' }];
  }
  const includes = /^\s*%include\b/m.test(text);
  return shown.map((line) => {
    const place = /^(?:(?:([^\s:/]+): )?line (\d{1,7})|[^\s:]+:(\d{1,7})): (.*)$/.exec(line);
    const [, included, lineNumber, number = lineNumber, message = line] = place ?? [];
    const hint = hintOf(message);
    if (number === undefined) return { file, message, hint };
    if (included !== undefined)
      return { file: join(dirname(file), included), line: Number(number), message, hint };
    if (!includes) return { file, line: Number(number), message, hint };
    return { file, message: `${message} (line ${number}, here or in a file that it includes)`, hint };
  });
}

/** The rule of an RPM's version and release. */
export const versionHint = 'Use letters, digits and the characters . _ + ~ ^ only.';

function plain(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '?');
}

function hintOf(message: string): string {
  const tag = /^(\S+) field must be present/.exec(message)?.[1];
  if (tag !== undefined) return `Add a line '${tag}: …' at the top of the spec.`;
  if (/^Unknown tag/.test(message))
    return "A tag is one of rpm's words with a colon; check its spelling, and that the line stands in the section it should.";
  if (/^Unable to open|No such file/.test(message))
    return 'A spec can read the files beside it: put the file there.';
  if (/^Unclosed|Unterminated|%endif|%if/.test(message))
    return 'Give each %if its %endif and each opening brace its closing one.';
  if (/Illegal char|Invalid version/.test(message)) return versionHint;
  return 'Correct what rpm names here.';
}
