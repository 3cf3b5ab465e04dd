import type { Problem } from '../base/problems.ts';

type Check<T> = (value: unknown) => value is T;
type Checked<C> = C extends Check<infer T> ? T : never;

const text = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 65_536 && value.isWellFormed() && !/\p{Cc}/u.test(value);
const lines = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 8_388_608 && value.isWellFormed() && !value.includes('\0');
const number = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff;
const truth = (value: unknown): value is boolean => typeof value === 'boolean';
const list =
  <T>(item: Check<T>) =>
  (value: unknown): value is T[] =>
    Array.isArray(value) && value.every(item);
const object =
  <T>(fields: { [K in keyof T]: Check<T[K]> }) =>
  (value: unknown): value is T =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries<Check<unknown>>(fields).every(([name, check]) =>
      check((value as Record<string, unknown>)[name]),
    );
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
export const isSpecAnswer = object({
  ...{ ...evr, noSource: truth, exclusiveArch: names, excludeArch: names },
  ...{ buildRequires: names, buildConflicts: names, sources: list(source), packages: list(isPackage) },
  ...{ hasCheck: truth, generates: truth },
});
export type SpecAnswer = Checked<typeof isSpecAnswer>;

/** True if the names of the files that a spec has read are bounded and free of control characters. Pure. */
export const isOpened = list((value): value is JobAnswer['opened'][number] => list(text)(value));

/** One line of the output of `parse.py`. */
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
}

/** The relative and absolute paths that programs, by their output, have not found. Pure. */
export function pathsNotFound(output: string): string[] {
  const pattern = /([^\s:'"‘’`]*\/[^\s:'"‘’`]*)['"’]?: No such file or directory/g;
  return [...new Set([...output.matchAll(pattern)].map((match) => match[1] as string))].slice(0, 100);
}

/** Reads problems of the spec `file` from rpm's output (`error: line 12: Unknown tag: Bogus: x`), each once. Pure. */
export function problemsOfOutput(file: string, ended: string, output: string): Problem[] {
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
  return shown.map((line) => {
    const place = /^(?:line (\d+)|[^\s:]+:(\d+)): (.*)$/.exec(line);
    const message = place?.[3] ?? line;
    return { file, line: place ? Number(place[1] ?? place[2]) : undefined, message, hint: hintOf(message) };
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
