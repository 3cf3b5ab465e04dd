import * as core from '@actions/core';
import { nearest } from '../nearest.ts';
import { type Problem, ProblemsError } from '../problems.ts';

/** How one input is read. `T` is what the action gets. */
export interface InputKind<T> {
  parse(text: string, name: string): T;
}

const bad = (name: string, value: string, expected: string, mend?: string) =>
  new ProblemsError([
    {
      message: `Input '${name}' (${variable(name)}) is '${value}', expected ${expected}`,
      ...(mend ? { mend } : {}),
    },
  ]);

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
    throw bad(name, value, 'y or n');
  },
};

/** A whole number of at least `least`; empty is undefined. */
export function count(least: number): InputKind<number | undefined> {
  return {
    parse: (value, name) => {
      if (value === '') return undefined;
      if (!/^\d{1,9}$/.test(value) || Number(value) < least)
        throw bad(name, value, `a whole number, at least ${least}`);
      return Number(value);
    },
  };
}

/** One of a few words. */
export function choice<const T extends string>(...words: readonly T[]): InputKind<T> {
  return {
    parse: (value, name) => {
      const found = words.find((word) => word === value);
      if (found !== undefined) return found;
      const near = nearest(value, words);
      throw bad(
        name,
        value,
        `one of ${words.join(', ')}`,
        near === undefined ? undefined : `Did you mean '${near}'?`,
      );
    },
  };
}

/** Reads every input of a table at once. @throws ProblemsError naming all that are wrong. */
export function readInputs<T extends object>(table: { [K in keyof T]: InputKind<T[K]> }): T {
  const values: Partial<T> = {};
  const problems: Problem[] = [];
  for (const key of Object.keys(table) as (keyof T & string)[]) {
    const name = inputName(key);
    try {
      values[key] = table[key].parse(core.getInput(name), name);
    } catch (error) {
      if (!(error instanceof ProblemsError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new ProblemsError(problems);
  return values as T;
}

/** `specsDir` → `specs-dir`. */
export function inputName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
