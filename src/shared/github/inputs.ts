import { existsSync, statSync } from 'node:fs';
import * as core from '@actions/core';
import { parseUserJson } from '../base/json.ts';
import { nearestHint } from '../base/nearest-name.ts';
import { failOnProblems, type Problem, ProblemsError, problem } from '../base/problems.ts';
import { splitAtBlanks } from '../base/split-at-blanks.ts';
import { nearestPathHint } from '../host/nearest-path.ts';
import type { StoreInputs, ToolchainSourceInputs } from '../model/inputs.ts';

/** Reads the value of one input. @throws ProblemsError that names the input */
export type InputKind<T> = (value: string, name: string) => T;

/** The inputs of an action by key, with the reader of each. */
export type InputTable<T> = { [K in keyof T]: InputKind<T[K]> };

/** Returns the text of an input without surrounding blanks; empty if it was not given. */
export type GetInput = (name: string) => string;

/** Returns the error of an input. @param error follows the value: `expected true or false`, `which does not exist` */
export function inputProblem(name: string, value: string, error: string, hint?: string): ProblemsError {
  const given = value === '' ? 'empty' : `'${value}'`;
  return problem(`Input '${name}' (${variable(name)}) is ${given}, ${error}`, { hint });
}

/** The make variable of an input: upper case, `_` for `-`. */
export function variable(input: string): string {
  return input.toUpperCase().replaceAll('-', '_');
}

/** Any text; leading and trailing blanks are dropped. */
export const text: InputKind<string> = (value) => value;

/** Names separated by blanks or newlines, in their order, each once. */
export const list: InputKind<string[]> = (value) => [...new Set(splitAtBlanks(value))];

/** A path, which may hold blanks, or a JSON array of paths; each once. Empty is none. A file may be named `[a].json`. */
export const paths: InputKind<string[]> = (value, name) => {
  if (!value.startsWith('[')) return value === '' ? [] : [value];
  const found = parsedArray(value) ?? (existsSync(value) ? [value] : undefined);
  if (found !== undefined) return [...new Set(found)];
  const hint = value.endsWith(']') ? undefined : `Such a path is written ./${value}`;
  throw inputProblem(name, value, 'expected a path, or a JSON array of paths as ["a.json", "b.json"]', hint);
};

/** The texts of a JSON array that holds texts alone, none of them empty; undefined if it is none. */
function parsedArray(value: string): string[] | undefined {
  let found: unknown;
  try {
    found = parseUserJson(value, '');
  } catch {
    return undefined;
  }
  const isPath = (one: unknown): one is string => typeof one === 'string' && one !== '';
  return Array.isArray(found) && found.length > 0 && found.every(isPath) ? found : undefined;
}

/** One path, where other inputs of its name take several. @param hint says what to do with several */
export function onePath(what: string, hint: string): InputKind<string> {
  return (value, name) => {
    const given = paths(value, name);
    if (given.length > 1) throw inputProblem(name, value, `expected ${what}, not of several`, hint);
    return needed(what)(given[0] ?? '', name);
  };
}

/** `true`/`y`/`yes`/`1` or `false`/`n`/`no`/`0`; empty is false. Azure Linux's make variables say y and n. */
export const flag: InputKind<boolean> = (value, name) => {
  if (/^(true|y|yes|1)$/i.test(value)) return true;
  if (/^(false|n|no|0|)$/i.test(value)) return false;
  throw inputProblem(name, value, 'expected true or false');
};

/** A whole number of at least `least`, and of at most `most`; empty is undefined. */
export function count(least: number, most?: number): InputKind<number | undefined> {
  const limits = most === undefined ? `at least ${least}` : `from ${least} to ${most}`;
  return (value, name) => {
    if (value === '') return undefined;
    const number = Number(value);
    if (!/^\d{1,9}$/.test(value) || number < least || number > (most ?? number))
      throw inputProblem(name, value, `expected a whole number, ${limits}`);
    return number;
  };
}

/** A number of at least 0, as 2.5; empty is undefined. */
export const amount: InputKind<number | undefined> = (value, name) => {
  if (value === '') return undefined;
  if (!/^\d{1,9}(\.\d{1,9})?$/.test(value)) throw inputProblem(name, value, 'expected a number, as 9 or 2.5');
  return Number(value);
};

/** Days that GitHub keeps an artifact for people; undefined: as many as the settings of the repository say. */
export const retention = count(1, 90);

/** As {@link flag}; empty is undefined. */
export const optionalFlag: InputKind<boolean | undefined> = (value, name) =>
  value === '' ? undefined : flag(value, name);

/** http and https addresses separated by blanks or newlines, in their order, each once. */
export const addresses: InputKind<string[]> = (value, name) => {
  const found = list(value, name);
  const wrong = found.find((one) => !/^https?:\/\/[^/]/i.test(one) || !URL.canParse(one));
  if (wrong === undefined) return found;
  throw inputProblem(name, wrong, 'expected http or https addresses, separated by blanks');
};

/** One of a few values. */
export function choice<T extends string>(values: readonly T[]): InputKind<T> {
  return (value, name) => {
    const found = values.find((one) => one === value);
    if (found !== undefined) return found;
    throw inputProblem(name, value, `expected one of ${values.join(', ')}`, nearestHint(value, values));
  };
}

/** Several of a few values, separated by blanks, each once. */
export function choices<T extends string>(values: readonly T[]): InputKind<T[]> {
  const one = choice(values);
  return (value, name) => list(value, name).map((word) => one(word, name));
}

/** A text that must be given. @param what names it in the message */
export function needed(what: string): InputKind<string> {
  return shaped(/./s, what);
}

/** A text of a certain shape. @param expected describes the shape in the message */
export function shaped(shape: RegExp, expected: string): InputKind<string> {
  return (value, name) => {
    if (!shape.test(value)) throw inputProblem(name, value, `expected ${expected}`);
    return value;
  };
}

/** Folders that exist, separated by blanks. @param hint names the right one */
export function folders(hint: string): InputKind<string[]> {
  return (value, name) => {
    const given = foldersIn(value, name);
    const problems = (given.length === 0 ? [''] : given).flatMap((one) => {
      const error = one === '' ? 'expected a folder' : folderError(one);
      const found = () =>
        inputProblem(name, one, error ?? '', (one && nearestPathHint(one)) || hint).problems;
      return error === undefined ? [] : found();
    });
    failOnProblems(problems);
    return given;
  };
}

/** The folders that a value names: one that exists, whose name may hold blanks, or several separated by blanks. */
export const foldersIn: InputKind<string[]> = (value, name) =>
  value !== '' && existsSync(value) ? [value] : list(value, name);

function folderError(path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? undefined : 'which is no folder';
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return ['ENOENT', 'ENOTDIR'].includes(code)
      ? 'which does not exist'
      : `which cannot be looked into (${code})`;
  }
}

/** Where the toolchain's RPMs come from, for every action that may have to make it. */
export const toolchainSource: InputTable<ToolchainSourceInputs> = {
  toolchainMode: choice<ToolchainSourceInputs['toolchainMode']>(['auto', 'bootstrap', 'download', 'archive']),
  toolchainManifest: text,
  workerManifest: text,
  toolchainArchive: text,
  packageUrlList: addresses,
  validateToolchainGpg: optionalFlag,
  toolchainGpgValidationKeys: list,
};

/** If GitHub's cache gives no answer: end the run, or build what the cache may have. */
export const onStoreError = choice<StoreInputs['onStoreError']>(['fail', 'build']);

/** Reads every input of a table. @returns the values of the valid ones, and the errors of the others */
export function tryInputs<T extends object>(
  table: InputTable<T>,
  get: GetInput = core.getInput,
): { values: Partial<T>; problems: Problem[] } {
  const values: Partial<T> = {};
  const problems: Problem[] = [];
  for (const key of Object.keys(table) as (keyof T & string)[]) {
    const name = inputName(key);
    try {
      values[key] = table[key](get(name), name);
    } catch (error) {
      if (!(error instanceof ProblemsError)) throw error;
      problems.push(...error.problems);
    }
  }
  return { values, problems };
}

/** Reads every input of a table at once. @throws ProblemsError naming all that are wrong. */
export function readInputs<T extends object>(table: InputTable<T>, get: GetInput = core.getInput): T {
  const { values, problems } = tryInputs(table, get);
  failOnProblems(problems);
  return values as T;
}

/** `specsDir` → `specs-dir`. */
export function inputName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
