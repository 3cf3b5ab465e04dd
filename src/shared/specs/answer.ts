import type { Problem } from '../base/problems.ts';

/** The answer of `parse.py` about one package of a spec, of which only the shape is checked. */
export interface PackageAnswer {
  name: string;
  epoch: number;
  version: string;
  release: string;
  arch: string;
  provides: string[];
  requires: string[];
  conflicts: string[];
  obsoletes: string[];
  fileList: string;
  built: boolean;
}

/** The answer of `parse.py` about one spec, of which only the shape is checked. A spec decides its content: not trusted. */
export interface SpecAnswer {
  name: string;
  epoch: number;
  version: string;
  release: string;
  noSource: boolean;
  exclusiveArch: string[];
  excludeArch: string[];
  buildRequires: string[];
  buildConflicts: string[];
  sources: [name: string, number: number, flags: number][];
  packages: PackageAnswer[];
  hasCheck: boolean;
  generates: boolean;
  brought: string[];
}

/** One line of the output of `parse.py`. */
export interface JobAnswer {
  index: number;
  /** Why the child has no answer: '' when rpm refused the spec; null when it has one. */
  ended: string | null;
  /** Output of rpm, and of programs that the spec runs. */
  output: string;
  answer: SpecAnswer | null;
}

type Check = (value: unknown) => boolean;

const text: Check = (value) =>
  typeof value === 'string' && value.length <= 65_536 && value.isWellFormed() && !/\p{Cc}/u.test(value);
const lines: Check = (value) =>
  typeof value === 'string' && value.length <= 8_388_608 && value.isWellFormed() && !value.includes('\0');
const number: Check = (value) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff;
const truth: Check = (value) => typeof value === 'boolean';
const list =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);
const object =
  (fields: Record<string, Check>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, check]) => check((value as Record<string, unknown>)[name]));
const source: Check = (value) =>
  Array.isArray(value) && value.length === 3 && text(value[0]) && number(value[1]) && number(value[2]);

const names = list(text);
const evr = { name: text, epoch: number, version: text, release: text };
const isPackage = object({
  ...evr,
  ...{ arch: text, provides: names, requires: names, conflicts: names, obsoletes: names },
  ...{ fileList: lines, built: truth },
});
const isSpec = object({
  ...evr,
  ...{
    noSource: truth,
    exclusiveArch: names,
    excludeArch: names,
    buildRequires: names,
    buildConflicts: names,
  },
  ...{
    sources: list(source),
    packages: list(isPackage),
    hasCheck: truth,
    generates: truth,
    brought: list(lines),
  },
});

/** True when `value` has the shape of a {@link SpecAnswer}, its strings are bounded and free of control characters. */
export function isSpecAnswer(value: unknown): value is SpecAnswer {
  return isSpec(value);
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
    const number = place?.[1] ?? place?.[2];
    const message = place?.[3] ?? line;
    return {
      file,
      ...(number === undefined ? {} : { line: Number(number) }),
      message,
      hint: hintOf(message),
    };
  });
}

function plain(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '?');
}

function hintOf(message: string): string {
  const tag = /^(\S+) field must be present/.exec(message)?.[1];
  if (tag !== undefined) return `Add a line '${tag}: …' at the top of the spec.`;
  if (/^Unknown tag/.test(message))
    return "A tag is one of rpm's words with a colon; check its spelling, and that the line stands in the section it should.";
  if (/^Unclosed|Unterminated|%endif|%if/.test(message))
    return 'Give each %if its %endif and each opening brace its closing one.';
  if (/Illegal char|Invalid version/.test(message))
    return 'Use letters, digits and the characters . _ + ~ ^ only.';
  return 'Correct what rpm names here.';
}
