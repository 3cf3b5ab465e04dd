import { editDistance } from '../base/nearest-name.ts';
import { order } from '../base/order.ts';

/** Packages that a message names at most. */
const mostNamed = 3;

/** The least likeness of a package that is named: about half of its name is that of the capability. */
const leastLikeness = 0.5;

/**
 * Returns the packages, of those that failed, whose build would most likely have provided a capability: at most three,
 * the likeliest first. Names alone decide, so this is for messages. Pure.
 * @param capability as text: `pkgconfig(x)`, `libx.so.1()(64bit)`, `perl(A::B) >= 2`, `/usr/bin/x`, `x-devel`
 */
export function likeliestProviders(capability: string, failed: Iterable<string>): string[] {
  const { family, word } = subject(capability);
  return [...failed]
    .map((name) => ({ name, likeness: likeness(name.toLowerCase(), word, family) }))
    .filter((one) => one.likeness >= leastLikeness)
    .sort((a, b) => b.likeness - a.likeness || order(a.name, b.name))
    .slice(0, mostNamed)
    .map(({ name }) => name);
}

/** Kinds of capabilities, and the word that begins the names of their packages. */
const families: readonly (readonly [RegExp, string])[] = [
  [/^perl\(/, 'perl'],
  [/^python[\d.]*(?:dist)?\(/, 'python'],
  [/^rubygem\(|^ruby\(/, 'rubygem'],
  [/^ocamlx?\(/, 'ocaml'],
  [/^(?:npm|nodejs)\(/, 'nodejs'],
  [/^golang\(/, 'golang'],
  [/^ghc\(/, 'ghc'],
  [/^php-?\w*\(/, 'php'],
  [/^(?:tex|texlive)\(/, 'texlive'],
];

/** The word of a capability that its package's name may share, in lower case, and the family of such names. */
function subject(capability: string): { family: string | undefined; word: string } {
  const name = capability.trim().split(/\s/)[0]?.toLowerCase() ?? '';
  const family = families.find(([pattern]) => pattern.test(name))?.[1];
  const inner = /^[^(/]+\(([^()]+)\)/.exec(name)?.[1];
  const soname = /^(.+?)(?:-[\d.]+)?\.so(?:[.(]|$)/.exec(name)?.[1];
  const word = soname ?? inner ?? name;
  return { family, word: word.slice(word.lastIndexOf('/') + 1).replaceAll('::', '-') };
}

/** How much the name of a package is like a word, from 0 to 1. An equal spelling counts more than an equal stem. */
function likeness(name: string, word: string, family: string | undefined): number {
  if (word === '') return 0;
  const isForeign =
    family === undefined ? families.some(([, one]) => name.startsWith(`${one}-`)) : !name.startsWith(family);
  if (name === word) return isForeign ? 0.95 : 1;
  if (family !== undefined && bare(name, family) === word) return 1;
  const [a, b] = [bare(name, family), bare(word, family)];
  if (a === '' || b === '') return 0;
  const found = a === b ? 0.9 : 0.85 * Math.max(shared(a, b), spelling(a, b));
  // Of two equal stems, the nearer spelling: libxml2 before libxml++ for libxml2.so.
  return (isForeign ? 0.5 : 1) * found + 0.05 * spelling(name, word);
}

/** A name without its family, `lib`, the suffixes of subpackages, and versions. */
function bare(name: string, family: string | undefined): string {
  const own = family !== undefined && name.startsWith(family) ? name.slice(family.length) : name;
  return own
    .replace(/^(?:\d*-|lib)/, '')
    .replace(/[-_](?:devel|libs?|static|tools|utils|common|bin)$/, '')
    .replace(/[-_.+\d]+$/, '')
    .replace(/(?<=.)lib$/, '');
}

/** The part of two names' words that is the same, from 0 to 1: `gtk-doc` has half of its words from `gtk`, which has all. */
function shared(a: string, b: string): number {
  const [x, y] = [a, b].map((one) => new Set(one.split(/[-_.+]/).filter((word) => word.length > 1))) as [
    Set<string>,
    Set<string>,
  ];
  const same = [...x].filter((word) => y.has(word)).length;
  return same === 0 ? 0 : (same / x.size + same / y.size) / 2;
}

function spelling(a: string, b: string): number {
  return 1 - editDistance(a, b) / Math.max(a.length, b.length);
}
