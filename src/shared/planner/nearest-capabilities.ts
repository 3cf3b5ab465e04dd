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

/**
 * The capabilities whose names are nearest to one that nothing provides, each with its package: of the same kind, such as
 * `pkgconfig(x)`, or a path in the same folder or with the same name. Specs and the toolchain have them, or a spec lists the file that reveals them. Pure.
 */
export function nearestCapabilities(graph: DeclaredGraph, wanted: string): string[] {
  const { kind, word } = partsOf(wanted);
  const isPath = wanted.startsWith('/');
  const known = new Map<string, string>();
  const add = (key: string, name: string) => {
    const parts = partsOf(key);
    const isLike = parts.kind === kind || (isPath && parts.word === word && key.startsWith('/'));
    if (isLike && !known.has(parts.word)) known.set(parts.word, `'${key}' (${name})`);
  };
  for (const [key, nodes] of graph.providers) {
    const name = nodes[0]?.package ?? '';
    add(key, name);
    for (const [file, revealed] of revealing) {
      const found = file.exec(key)?.[1];
      if (found !== undefined) add(revealed(found), name);
    }
  }
  const { providers, owners } = graph.toolchain;
  for (const key of (isPath ? owners : providers).keys()) add(key, 'toolchain');
  return nearestNames(word, known.keys(), mostNamed).map((near) => known.get(near) as string);
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
