import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'rolldown/utils';
import { repository } from '../../scripts/build-dist.ts';

/** A function or method: its name, or the line it starts in, and its length in lines. */
export interface FunctionSize {
  name: string;
  line: number;
  lines: number;
}

/** A word or text of a source and the line where it stands. */
export interface Located {
  text: string;
  line: number;
}

/** The parts of a TypeScript file that the repository's checks look at. */
export interface SourceCode {
  lines: number;
  /** Module names of static, dynamic, type and re-exporting imports, as they are written. */
  imports: string[];
  functions: FunctionSize[];
  /** Names of variables, types, functions and members, also where they are only used. */
  identifiers: Located[];
  /** String literals and the text of templates, without the names of modules. */
  strings: Located[];
  /** Comments, without their delimiters. */
  comments: (Located & { doc: boolean })[];
}

interface Node {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

/** Calls `visit` for a node and everything below it. `visit` returns false to skip what is below. */
function walk(node: Node, visit: (node: Node, parent: Node | undefined) => boolean, parent?: Node): void {
  if (!visit(node, parent)) return;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit, node);
  }
}

const functionTypes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);
const importTypes = new Set([
  'ImportDeclaration',
  'ImportExpression',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'TSImportType',
]);

/** The name that a function is known by: its own, or that of the variable, property or method that holds it. */
function functionName(node: Node, parent: Node | undefined): string {
  const holder = [node['id'], parent?.['key'], parent?.['id']].find(isNode);
  return (holder?.['name'] as string | undefined) ?? '';
}

/**
 * Reads one TypeScript file.
 * @throws Error if the text does not parse.
 */
export function readSource(text: string, file = 'made-up.ts'): SourceCode {
  const { program, comments, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const lineAt = (offset: number) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
  const source: SourceCode = {
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports: [],
    functions: [],
    identifiers: [],
    strings: [],
    comments: comments.map(({ type, value, start }) => ({
      text: value,
      line: lineAt(start),
      doc: type === 'Block' && value.startsWith('*'),
    })),
  };
  walk(program as unknown as Node, (node, parent) => {
    const line = lineAt(node.start);
    if (importTypes.has(node.type) && isNode(node['source'])) {
      source.imports.push(String(node['source']['value']));
    }
    if (functionTypes.has(node.type)) {
      source.functions.push({
        name: functionName(node, parent),
        line,
        lines: lineAt(node.end) - line + 1,
      });
    }
    if (node.type === 'Identifier' || node.type === 'PrivateIdentifier') {
      source.identifiers.push({ text: String(node['name']), line });
    }
    if (
      node.type === 'Literal' &&
      typeof node['value'] === 'string' &&
      !importTypes.has(parent?.type ?? '')
    ) {
      source.strings.push({ text: node['value'], line });
    }
    if (node.type === 'TemplateElement') {
      source.strings.push({ text: (node['value'] as { cooked: string | null }).cooked ?? '', line });
    }
    return true;
  });
  return source;
}

/** The text of each file of the checkout that matches `patterns`, bundles left out, by path, sorted. */
export function readTexts(...patterns: string[]): Map<string, string> {
  const paths = globSync(patterns, { cwd: repository }).filter((path) => !path.includes('/dist/'));
  return new Map(paths.sort().map((path) => [path, readFileSync(join(repository, path), 'utf8')]));
}

/** Every TypeScript file of the checkout that matches `patterns`, read, by path. */
export function readSources(...patterns: string[]): Map<string, SourceCode> {
  return new Map([...readTexts(...patterns)].map(([path, text]) => [path, readSource(text, path)]));
}
