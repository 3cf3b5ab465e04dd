import { order } from '../base/order.ts';
import type { Capability } from '../model/rpm.ts';
import { nameOf } from '../rpm/capability.ts';
import type { DeclaredGraph, RpmNode } from './graph.ts';

/**
 * The packages whose name or `%files` suggest that their build reveals `capability` (`pkgconfig(x)`, a soname, `perl(X)`,
 * `python3dist(x)`, a path). Specs alone decide: builds do not change the answer. Sorted.
 */
export function candidateProviders(graph: DeclaredGraph, capability: Capability): string[] {
  const name = nameOf(capability);
  const known = knownCandidates.get(graph) ?? new Map<string, string[]>();
  knownCandidates.set(graph, known);
  const before = known.get(name);
  if (before !== undefined) return before;
  const { stem, basenames } = traces(name);
  const found: string[] = [];
  for (const [one, nodes] of graph.rpms) {
    const names = [one, graph.specs.get(one)?.name ?? one, ...nodes.map((node) => node.name)];
    if (names.some((other) => sameStem(other, stem)) || nodes.some((node) => ownsPattern(node, basenames)))
      found.push(one);
  }
  known.set(name, found.sort(order));
  return found;
}

const knownCandidates = new WeakMap<DeclaredGraph, Map<string, string[]>>();

/** The word that a provider's name shares with a capability, and the base names of files that reveal it. */
function traces(name: string): { stem: string; basenames: string[] } {
  const inner = /^[^(]*\(([^()]*)\)/.exec(name)?.[1] ?? '';
  if (name.startsWith('pkgconfig(')) return { stem: inner, basenames: [`${inner}.pc`] };
  if (name.startsWith('perl(')) return { stem: `perl-${inner.replaceAll('::', '-')}`, basenames: [] };
  if (/^python3?(\.\d+)?dist\(/.test(name)) return { stem: `python3-${inner}`, basenames: [] };
  if (name.startsWith('/')) {
    const base = name.slice(name.lastIndexOf('/') + 1);
    return { stem: base, basenames: [base] };
  }
  const soname = name.replace(/\(.*$/, '');
  if (/\.so(\.|$)/.test(soname)) return { stem: soname.replace(/\.so.*$/, ''), basenames: [soname] };
  return { stem: inner === '' ? name : inner, basenames: [] };
}

/** True if two names share a stem, as `zlib`, `libz`, `zlib-devel`, `zlib1g` and `z-1` do. */
function sameStem(a: string, b: string): boolean {
  return bare(a) !== '' && bare(a) === bare(b);
}

function bare(name: string): string {
  return name
    .toLowerCase()
    .replace(/-(devel|libs?|static|tools|bin)$/, '')
    .replace(/^(python3?|lib)-?/, '')
    .replace(/[-_.+\d]+$/, '')
    .replaceAll(/[-_.+]/g, '');
}

/** True if a `%files` entry, which may be a glob, matches a base name and spells at least its first three letters. */
function ownsPattern(node: RpmNode, basenames: readonly string[]): boolean {
  return node.files.some((file) => {
    const pattern = file.slice(file.lastIndexOf('/') + 1);
    const literal = /^[^*?[{]*/.exec(pattern)?.[0] ?? '';
    return (
      literal.length >= 3 && basenames.some((base) => base.startsWith(literal) && globMatches(pattern, base))
    );
  });
}

/**
 * True if `text` matches a shell pattern as in rpm's `%files`: `*`, `?`, `[a-z]`, `{a,b}`. Braces become alternatives and
 * are not expanded: a spec with many of them takes no longer than others.
 */
function globMatches(pattern: string, text: string): boolean {
  let source = '';
  let depth = 0;
  for (let i = 0; i < pattern.length; i++) {
    const letter = pattern[i] as string;
    if (letter === '*') source += '.*';
    else if (letter === '?') source += '.';
    else if (letter === '[') {
      const end = pattern.indexOf(']', i + 2);
      if (end === -1) source += '\\[';
      else {
        source += `[${pattern
          .slice(i + 1, end)
          .replace(/^!/, '^')
          .replaceAll('\\', '\\\\')}]`;
        i = end;
      }
    } else if (letter === '{' && pattern.includes('}', i)) {
      depth++;
      source += '(?:';
    } else if (letter === '}' && depth > 0) {
      depth--;
      source += ')';
    } else if (letter === ',' && depth > 0) source += '|';
    else source += letter.replace(/[.+^$()|\\/{}\]]/g, '\\$&');
  }
  try {
    return new RegExp(`^${source}$`, 's').test(text);
  } catch {
    return false;
  }
}
