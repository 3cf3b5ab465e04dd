import { nearestHint } from '../../base/nearest-name.ts';
import { plainLine } from '../../base/plain-line.ts';
import type { Problem } from '../../base/problems.ts';
import type { Kind, Table } from './schema-table.ts';

export type Values = Record<string, unknown>;

/** Adds a problem at a JSON path of the config. */
export type Report = (path: string, message: string, hint?: string) => void;

/** The problems found so far in a config. */
export class Findings {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly report: Report;
  readonly warn: Report;

  constructor(file: string) {
    const found = (list: Problem[]) => (path: string, message: string, hint?: string) => {
      list.push({ message: oneLine(message), file, path: oneLine(path), hint });
    };
    this.report = found(this.problems);
    this.warn = found(this.warnings);
  }

  /** True if a problem is known at or below `path`. */
  hasProblem(path: string): boolean {
    return this.problems.some((one) => one.path?.startsWith(oneLine(path)));
  }
}

/** Values and keys may hold line breaks; a message about them is one line. */
function oneLine(text: string): string {
  return plainLine(text.replaceAll(/[\r\n]/g, '⏎'));
}

/**
 * Returns `value` with the table's spelling of every key. Keys are matched without regard to case, as Go's decoder does.
 * A value of the wrong kind is left out and reported in `findings`. Null counts as not given.
 */
export function readValue(value: unknown, kind: Kind, path: string, findings: Findings): unknown {
  const wrong = (expected: string) => {
    const given = kind.is === 'secret' ? `a ${typeof value}` : describe(value);
    findings.report(path, `This is ${given}, expected ${expected}`);
    return undefined;
  };
  if (value === null || value === undefined) return undefined;
  switch (kind.is) {
    case 'anything':
      return value;
    case 'text':
    case 'secret':
      return typeof value === 'string' ? value : wrong('a text');
    case 'flag':
      return typeof value === 'boolean' ? value : wrong('true or false');
    case 'number':
      return Number.isSafeInteger(value) ? value : wrong('a whole number');
    case 'word':
      return typeof value === 'string' ? readWord(value, kind, path, findings) : wrong('a text');
    case 'list':
      if (!Array.isArray(value)) return wrong('a list');
      return value
        .map((item, index) => readValue(item, kind.of, `${path}[${index}]`, findings))
        .filter((item) => item !== undefined);
    case 'object':
      return isObject(value) ? readObject(value, kind.keys, path, findings) : wrong('an object');
  }
}

function readWord(
  value: string,
  kind: Kind & { is: 'word' },
  path: string,
  findings: Findings,
): string | undefined {
  const found = kind.supported.find((word) => word === value);
  if (found !== undefined) return found;
  const named = (texts: readonly string[]) => texts.filter((word) => word !== '');
  const choices = named(kind.supported).map((word) => `'${word}'`);
  if (kind.known.includes(value)) {
    const given = value === '' ? 'This is empty, which is' : `'${value}' is known but`;
    findings.report(path, `${given} not supported yet`, `Supported: ${choices.join(', ')}.`);
  } else {
    const hint = nearestHint(value, named([...kind.supported, ...kind.known]));
    findings.report(path, `'${value}' is not one of ${choices.join(', ')}`, hint);
  }
  return undefined;
}

function readObject(value: Values, table: Table, path: string, findings: Findings): Values {
  const names = new Map(Object.keys(table).map((name) => [name.toLowerCase(), name]));
  const result: Values = {};
  for (const [given, item] of Object.entries(value)) {
    const at = member(path, given);
    const name = names.get(given.toLowerCase()) ?? '';
    const kind = table[name];
    if (kind === undefined) {
      if (!given.startsWith('_'))
        findings.warn(at, `Key '${given}' is unknown and has no effect`, nearestHint(given, names.values()));
    } else if (kind === 'unsupported') {
      if (!isEmpty(item)) findings.report(at, `'${name}' is known but not supported yet`, 'Remove it.');
    } else if (name in result) findings.report(at, `'${name}' is given twice`);
    else {
      const read = readValue(item, kind, at, findings);
      if (read !== undefined) result[name] = read;
    }
  }
  return result;
}

/** Returns `path.name`, or `path["na me"]` for a name that is not a plain word. */
export function member(path: string, name: string): string {
  return /^[A-Za-z_][\w-]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}

export function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isObject(value)) return Object.values(value).every(isEmpty);
  return value === null || value === false || value === '' || value === 0;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'an object';
  return JSON.stringify(value) ?? String(value);
}
