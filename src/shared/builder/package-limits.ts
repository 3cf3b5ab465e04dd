import { nearestHint } from '../base/nearest-name.ts';
import { type Problem, ProblemsError } from '../base/problems.ts';
import { type InputKind, inputProblem } from '../github/inputs.ts';
import type { Limits, PackageLimits } from '../model/limits.ts';

const units: Readonly<Record<string, number>> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** The form of each limit: how it is read, and how it is described. */
const forms: Readonly<Record<keyof Limits, 'number' | 'bytes'>> = {
  seconds: 'number',
  memory: 'bytes',
  processes: 'number',
  disk: 'bytes',
  log: 'bytes',
};
const described = {
  number: 'a whole number from 1 to 2000000',
  bytes: 'bytes with K, M, G or T behind, as 24G',
};

/**
 * Limits of packages: `chromium: memory=24G seconds=20000`, one package a line, or several with `;` between them. `*`
 * stands for all packages.
 */
export const packageLimits: InputKind<PackageLimits> = (value, name) => {
  const found: Record<string, Partial<Limits>> = Object.create(null);
  const problems: Problem[] = [];
  const entries = value.split(/[\n;]/).map((one) => one.trim());
  for (const entry of entries.filter(Boolean)) {
    const [, packageName, rest = ''] = /^([^\s:=]+)\s*:\s*(.+)$/.exec(entry) ?? [];
    const wrong = (error: string, hint?: string) =>
      problems.push(...inputProblem(name, entry, error, hint).problems);
    if (packageName === undefined) wrong('expected a package, a colon and limits, as app: memory=24G');
    else if (packageName in found) wrong(`and ${packageName} has limits already`, 'Write them in one line.');
    else found[packageName] = readLimits(rest.split(/\s+/), wrong);
  }
  if (problems.length > 0) throw new ProblemsError(problems);
  return found;
};

function readLimits(assignments: readonly string[], wrong: (error: string, hint?: string) => void) {
  const limits: Partial<Limits> = {};
  for (const assignment of assignments) {
    const [key = '', text = ''] = assignment.split(/=(.*)/s);
    const names = Object.keys(forms);
    if (!Object.hasOwn(forms, key)) {
      wrong(`and '${key}' is no limit: they are ${names.join(', ')}`, nearestHint(key, names));
      continue;
    }
    const limit = key as keyof Limits;
    const number = readAmount(forms[limit], text);
    if (number === undefined) wrong(`and ${limit} is '${text}', expected ${described[forms[limit]]}`);
    else if (limit in limits) wrong(`and ${limit} is there twice`);
    else limits[limit] = number;
  }
  return limits;
}

/** Returns a number, or bytes; undefined if the text is neither, or too large for a clock. */
function readAmount(form: 'number' | 'bytes', text: string): number | undefined {
  const [, digits, unit = ''] = /^([1-9]\d{0,6})([KMGT]?)$/.exec(text) ?? [];
  if (digits === undefined || (form === 'number') !== (unit === '')) return undefined;
  const number = Number(digits);
  if (form === 'number') return number <= 2_000_000 ? number : undefined;
  return number * (units[unit] as number);
}
