import { nearestName } from '../../base/nearest-name.ts';
import type { Problem } from '../../base/problems.ts';
import type { Kind, Table } from './schema-table.ts';

/** The problems found so far in a config. */
export interface Findings {
  file: string;
  problems: Problem[];
  warnings: Problem[];
}

type Values = Record<string, unknown>;

/**
 * Returns `value` with the table's spelling of every key. Keys are matched without regard to case, as Go's decoder does.
 * A value of the wrong kind is left out and reported in `findings`. Null counts as not given.
 */
export function readValue(value: unknown, kind: Kind, path: string, findings: Findings): unknown {
  const wrong = (expected: string) => {
    findings.problems.push({
      message: `This is ${kind.is === 'secret' ? `a ${typeof value}` : describe(value)}, expected ${expected}`,
      file: findings.file,
      path,
    });
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
      if (typeof value !== 'string') return wrong('a text');
      return readWord(value, kind, path, findings);
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
  const choices = kind.supported
    .filter((word) => word !== '')
    .map((word) => `'${word}'`)
    .join(', ');
  if (kind.known.includes(value)) {
    const message =
      value === ''
        ? 'This is empty, which is not supported yet'
        : `'${value}' is known but not supported yet`;
    findings.problems.push({ message, file: findings.file, path, hint: `Supported: ${choices}.` });
    return undefined;
  }
  const near = nearestName(
    value,
    [...kind.supported, ...kind.known].filter((word) => word !== ''),
  );
  const hint = near === undefined ? {} : { hint: `Did you mean '${near}'?` };
  findings.problems.push({
    message: `'${value}' is not one of ${choices}`,
    file: findings.file,
    path,
    ...hint,
  });
  return undefined;
}

function readObject(value: Values, table: Table, path: string, findings: Findings): Values {
  const names = new Map(Object.keys(table).map((name) => [name.toLowerCase(), name]));
  const result: Values = {};
  for (const [given, item] of Object.entries(value)) {
    const at = member(path, given);
    const name = names.get(given.toLowerCase());
    const key = name === undefined ? undefined : table[name];
    if (name === undefined || key === undefined) {
      if (given.startsWith('_')) continue;
      const near = nearestName(given, names.values());
      const hint = near === undefined ? {} : { hint: `Did you mean '${near}'?` };
      findings.warnings.push({
        message: `Key '${given}' is unknown and has no effect`,
        file: findings.file,
        path: at,
        ...hint,
      });
    } else if (!key.supported) {
      if (!isEmpty(item)) {
        findings.problems.push({
          message: `'${name}' is known but not supported yet`,
          file: findings.file,
          path: at,
          hint: 'Remove it.',
        });
      }
    } else if (name in result) {
      findings.problems.push({ message: `'${name}' is given twice`, file: findings.file, path: at });
    } else {
      const read = readValue(item, key.kind, at, findings);
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
