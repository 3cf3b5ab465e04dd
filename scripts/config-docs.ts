import { otherTargets, otherVariables } from '../cli/src/other-tools.ts';
import { configTable, type Kind, type Table } from '../src/shared/image/config/schema-table.ts';
import { markdownTable } from './markdown.ts';

/** An object of an image config: the keys that azl takes, and those of Azure Linux's schema that it refuses. */
interface ConfigObject {
  path: string;
  taken: string[];
  refused: string[];
}

/** Returns all objects of an image config, each before those in it. Pure. */
export function configObjects(table: Table = configTable, path = ''): ConfigObject[] {
  const own: ConfigObject = { path, taken: [], refused: [] };
  const inner: ConfigObject[] = [];
  for (const [key, kind] of Object.entries(table)) {
    if (kind === 'unsupported') own.refused.push(code(key));
    else {
      const { at, of } = itemOf(`${path === '' ? '' : `${path}.`}${key}`, kind);
      if (of.is === 'object') inner.push(...configObjects(of.keys, at));
      else own.taken.push(code(key) + shown(of, 'supported'));
      const known = shown(of, 'known');
      if (known !== '') own.refused.push(`${code(key)}${known}`);
    }
  }
  return [own, ...inner].filter(({ taken, refused }) => taken.length + refused.length > 0);
}

/** Returns the table of the fields of an image config. Pure. */
export function configFieldTable(): string {
  const rows = configObjects().map(({ path, taken, refused }) => [
    code(path),
    taken.join(', '),
    refused.join(', '),
  ]);
  return markdownTable(['object', 'taken', 'refused'], rows);
}

/** Returns the kind of a list's items, with their path. */
function itemOf(at: string, kind: Kind): { at: string; of: Kind } {
  return kind.is === 'list' ? itemOf(`${at}[]`, kind.of) : { at, of: kind };
}

/** Returns the values of a key in parentheses; empty if it takes any text. */
function shown(kind: Kind, which: 'supported' | 'known'): string {
  const values = kind.is === 'word' ? kind[which].map((value) => (value === '' ? 'empty' : value)) : [];
  return values.length === 0 ? '' : ` (${values.join(', ')})`;
}

/** Returns the table of the names of variables or targets of other tools, with what they are here. Pure. */
export function otherNamesTable(kind: 'variables' | 'targets'): string {
  const rows = (kind === 'variables' ? otherVariables : otherTargets).map(([names, answer]) => [
    names.split(' ').map(code).join(' '),
    // Not HTML.
    answer.replaceAll('<', '\\<'),
  ]);
  return markdownTable([kind, 'here'], rows);
}

function code(text: string): string {
  return `\`${text}\``;
}
