import { nearestNames } from '../base/nearest-name.ts';
import type { DeclaredGraph } from '../graph/graph.ts';

/** Capabilities that a message names. */
const mostNamed = 3;

/** Files that a spec lists, and the capability that their package reveals when it is built. */
const revealing: readonly (readonly [RegExp, (name: string) => string])[] = [
  [/\/([^/*?[{]+)\.pc$/, (name) => `pkgconfig(${name})`],
  [/\/([^/*?[{]+?)(?:-config|Config)\.cmake$/, (name) => `cmake(${name})`],
  [/\/((?:[A-Z]\w*\/)*[A-Z]\w*)\.pm$/, (name) => `perl(${name.replaceAll('/', '::')})`],
  [/\/([^/*?[{]+\.so(?:\.[\d.]+)?)$/, (name) => `${name}()(64bit)`],
];

/** The capabilities of a graph by kind and word, each with the package that has it first. */
interface Index {
  kinds: Map<string, Map<string, string>>;
  /** Paths by their last part. */
  paths: Map<string, string>;
}

const indexes = new WeakMap<DeclaredGraph, { names?: Index; paths?: Index }>();

/**
 * The capabilities whose names are nearest to one that nothing provides, each with its package: of the same kind, such as
 * `pkgconfig(x)`, or a path in the same folder or with the same name. Specs and the toolchain have them, or a spec lists the file that reveals them. Pure.
 */
export function nearestCapabilities(graph: DeclaredGraph, wanted: string): string[] {
  const { kind, word } = partsOf(wanted);
  const { kinds, paths } = indexOf(graph, wanted.startsWith('/'));
  const known = new Map(kinds.get(kind));
  const path = paths.get(word);
  if (path !== undefined && !known.has(word)) known.set(word, path);
  return nearestNames(word, known.keys(), mostNamed).map((near) => known.get(near) as string);
}

/** The index of names, or of paths: there are far more of these, and they are seldom asked for. */
function indexOf(graph: DeclaredGraph, isPath: boolean): Index {
  const known = indexes.get(graph) ?? {};
  indexes.set(graph, known);
  const part = isPath ? 'paths' : 'names';
  const before = known[part];
  if (before !== undefined) return before;
  const index: Index = { kinds: new Map(), paths: new Map() };
  const { providers, owners } = graph.toolchain;
  for (const [key, nodes] of graph.providers) addKeys(index, key, nodes[0]?.package ?? '', isPath);
  for (const key of (isPath ? owners : providers).keys()) addKey(index, key, 'toolchain');
  known[part] = index;
  return index;
}

/** Adds a capability of a spec, and that which a listed file reveals. */
function addKeys(index: Index, key: string, name: string, isPath: boolean): void {
  if (key.startsWith('/') === isPath) addKey(index, key, name);
  if (isPath || !key.startsWith('/')) return;
  for (const revealed of revealedBy(key)) addKey(index, revealed, name);
}

/** Returns the capabilities that the package of a file reveals when it is built. Pure. */
export function revealedBy(path: string): string[] {
  return revealing.flatMap(([file, revealed]) => {
    const found = file.exec(path)?.[1];
    return found === undefined ? [] : [revealed(found)];
  });
}

function addKey({ kinds, paths }: Index, key: string, name: string): void {
  const { kind, word } = partsOf(key);
  const known = kinds.get(kind) ?? new Map<string, string>();
  kinds.set(kind, known);
  const shown = `'${key}' (${name})`;
  if (!known.has(word)) known.set(word, shown);
  if (key.startsWith('/') && !paths.has(word)) paths.set(word, shown);
}

/** The kind of a capability or the folder of a path, and the word that tells it from others: `x` of `pkgconfig(x)`, `/usr/bin/x`. */
function partsOf(key: string): { kind: string; word: string } {
  const base = key.lastIndexOf('/') + 1;
  if (key.startsWith('/')) return { kind: key.slice(0, base), word: key.slice(base) };
  const [, kind = '', word = ''] = /^([^()]+)\(([^()]+)\)/.exec(key) ?? [];
  if (word !== '') return { kind, word };
  const isSoname = /\.so(?:[.(]|$)/.test(key);
  return { kind: isSoname ? '.so' : '', word: isSoname ? key.replace(/\(.*/, '') : key };
}
