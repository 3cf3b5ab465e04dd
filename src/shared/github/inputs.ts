import { statSync } from 'node:fs';
import * as core from '@actions/core';
import { nearestName } from '../base/nearest-name.ts';
import { failOnProblems, type Problem, ProblemsError, problem } from '../base/problems.ts';

/** How one input is read. `T` is what the action gets. */
export interface InputKind<T> {
  parse(text: string, name: string): T;
}

/** The inputs of an action by their key: the one place that knows what each may be. */
export type InputTable<T> = { [K in keyof T]: InputKind<T[K]> };

/** Answers the text of an input, without blanks around it; empty when it was not given. */
export type GetInput = (name: string) => string;

/** `fault` goes on behind the value: `expected y or n`, `which does not exist`. */
const bad = (name: string, value: string, fault: string, hint?: string) =>
  problem(
    `Input '${name}' (${variable(name)}) is ${value === '' ? 'empty' : `'${value}'`}, ${fault}`,
    hint ? { hint: hint } : {},
  );

/** The make variable of an input: upper case, `_` for `-`. */
export function variable(input: string): string {
  return input.toUpperCase().replaceAll('-', '_');
}

/** Any text; leading and trailing blanks are dropped. */
export const text: InputKind<string> = { parse: (value) => value };

/** Names separated by blanks or newlines, in their order, each once. */
export const list: InputKind<string[]> = {
  parse: (value) => [...new Set(value.split(/\s+/).filter(Boolean))],
};

/** `true`/`y`/`yes`/`1` or `false`/`n`/`no`/`0`; empty is false. Azure Linux's make variables say y and n. */
export const flag: InputKind<boolean> = {
  parse: (value, name) => {
    if (/^(true|y|yes|1)$/i.test(value)) return true;
    if (/^(false|n|no|0|)$/i.test(value)) return false;
    throw bad(name, value, 'expected y or n');
  },
};

/** A whole number of at least `least`, and of at most `most`; empty is undefined. */
export function count(least: number, most?: number): InputKind<number | undefined> {
  const limits = most === undefined ? `at least ${least}` : `from ${least} to ${most}`;
  return {
    parse: (value, name) => {
      if (value === '') return undefined;
      const number = Number(value);
      if (!/^\d{1,9}$/.test(value) || number < least || number > (most ?? number))
        throw bad(name, value, `expected a whole number, ${limits}`);
      return number;
    },
  };
}

/** A number of at least 0, as 2.5; empty is undefined. */
export const amount: InputKind<number | undefined> = {
  parse: (value, name) => {
    if (value === '') return undefined;
    if (!/^\d{1,9}(\.\d{1,9})?$/.test(value)) throw bad(name, value, 'expected a number, as 9 or 2.5');
    return Number(value);
  },
};

/** Days that GitHub keeps an artifact for people; undefined: as many as the settings of the repository say. */
export const retention = count(1, 90);

/** One of a few words. `later`: those that are known, but not supported yet. */
export function choice<T extends string>(words: readonly T[], later: readonly T[] = []): InputKind<T> {
  return {
    parse: (value, name) => {
      const found = words.find((word) => word === value);
      if (found !== undefined) return found;
      if (later.some((word) => word === value))
        throw bad(name, value, unsupported, `Use ${words.join(' or ')}.`);
      const near = nearestName(value, words);
      throw bad(
        name,
        value,
        `expected one of ${words.join(', ')}`,
        near === undefined ? undefined : `Did you mean '${near}'?`,
      );
    },
  };
}

const unsupported = 'which is known but not supported yet';

/** A text that must be given. `what`: what it is. */
export function needed(what: string): InputKind<string> {
  return shaped(/./s, what);
}

/** A text of a certain shape. `expected`: the shape in words. */
export function shaped(shape: RegExp, expected: string): InputKind<string> {
  return {
    parse: (value, name) => {
      if (!shape.test(value)) throw bad(name, value, `expected ${expected}`);
      return value;
    },
  };
}

/** A folder that is there. `hint`: which one to give. */
export function folder(hint: string): InputKind<string> {
  return {
    parse: (value, name) => {
      if (value === '') throw bad(name, value, 'expected a folder', hint);
      const fault = folderFault(value);
      if (fault !== undefined) throw bad(name, value, fault, hint);
      return value;
    },
  };
}

function folderFault(path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? undefined : 'which is no folder';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? 'which does not exist'
      : `which cannot be looked into (${code})`;
  }
}

/** An input that is known, but not supported yet: it may only be empty. */
export const notYet: InputKind<string> = {
  parse: (value, name) => {
    if (value !== '') throw bad(name, value, unsupported, 'Leave it empty.');
    return value;
  },
};

/** Where the toolchain comes from, for every action that may have to make it. */
export const toolchainMode = choice<'auto' | 'bootstrap' | 'download' | 'archive'>(
  ['auto', 'bootstrap'],
  ['download', 'archive'],
);

/** What it means that GitHub's cache gives no answer: an end, or that what it may have is made again. */
export const onStoreError = choice<'fail' | 'build'>(['fail', 'build']);

/** Every input of a table that can be read, and all that is wrong with the others. */
export function tryInputs<T extends object>(
  table: InputTable<T>,
  get: GetInput = core.getInput,
): { values: Partial<T>; problems: Problem[] } {
  const values: Partial<T> = {};
  const problems: Problem[] = [];
  for (const key of Object.keys(table) as (keyof T & string)[]) {
    const name = inputName(key);
    try {
      values[key] = table[key].parse(get(name), name);
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
