import { addToList } from '../base/add-to-list.ts';
import { order } from '../base/order.ts';
import { keyOf, mayBeRevealed, type PlainCapability, spellingsOf } from '../rpm/capability.ts';
import { globMatches, literalPart } from './file-pattern.ts';
import type { DeclaredGraph } from './graph.ts';

/** A package whose spec suggests that its build reveals a capability. */
export interface Candidate {
  package: string;
  /** A file that reveals the capability is listed in the spec: not only a name is like it. */
  isListed: boolean;
}

/** Kinds of capabilities of which each has a package or a file of its own, so that a name like the kind says nothing. */
const kindsOfModules =
  /^(pkgconfig|perl|python[\d.]*(dist)?|cmake|rubygem|npm|golang|crate|config|user|group)$/;

/** The shortest beginning of a pattern by which it is found. `*.pc` alone says nothing. */
const shortestLiteral = 3;

/**
 * Returns the packages whose `%files` or name suggest that their build reveals `capability` (`pkgconfig(x)`, a soname,
 * `perl(X)`, any `kind(x)`, a path), the likeliest first. Specs alone decide: builds do not change the answer.
 */
export function candidateProviders(graph: DeclaredGraph, capability: PlainCapability): readonly Candidate[] {
  if (!mayBeRevealed(capability)) return [];
  const index = indexOf(graph);
  const key = keyOf(capability);
  let found = index.candidates.get(key);
  if (found === undefined) {
    found = findCandidates(index, tracesOf(key));
    index.candidates.set(key, found);
  }
  return found;
}

/** The traces of a capability's provider in its spec: ends of paths, and names, the likeliest first. */
interface Traces {
  files: readonly string[];
  /** Folders that hold it, the deepest first: a folder in `%files` brings all that is below it. */
  folders?: readonly string[];
  names: readonly string[];
}

/** Packages that may list one folder. What more of them list, such as /usr/bin, says nothing. */
const mostOwners = 3;

function findCandidates(index: Index, { files, folders = [], names }: Traces): Candidate[] {
  const found = new Map<string, Candidate>();
  const add = (packages: Iterable<string>, isListed: boolean) => {
    for (const name of [...packages].sort(order))
      if (!found.has(name)) found.set(name, { package: name, isListed });
  };
  for (const file of files) add(packagesListing(index, file), true);
  for (const file of files) add(packagesWithPattern(index, file), false);
  for (const folder of folders) {
    const owners = packagesListing(index, folder);
    if (owners.length <= mostOwners) add(owners, false);
  }
  for (const name of names) add(index.exact.get(name.toLowerCase()) ?? [], false);
  for (const name of names) if (bare(name) !== '') add(index.stems.get(bare(name)) ?? [], false);
  return [...found.values()];
}

function packagesListing({ listed }: Index, file: string): string[] {
  const base = file.slice(file.lastIndexOf('/') + 1);
  return (listed.get(base) ?? []).filter(({ path }) => path.endsWith(`/${file}`)).map((one) => one.package);
}

function packagesWithPattern({ patterns }: Index, file: string): string[] {
  const base = file.slice(file.lastIndexOf('/') + 1);
  return (patterns.get(base.slice(0, shortestLiteral)) ?? [])
    .filter(({ path, literal }) => base.startsWith(literal) && globMatches(path, base))
    .map((one) => one.package);
}

/** Returns the traces of a capability: by the rules of rpm's dependency generators and the names of packages in use. */
function tracesOf(key: string): Traces {
  if (key.startsWith('/')) {
    const base = key.slice(key.lastIndexOf('/') + 1);
    const parts = key.slice(1).split('/');
    const folders = parts.map((_, at) => parts.slice(0, -at).join('/')).slice(1);
    return { files: spellingsOf(key).map((path) => path.slice(1)), folders, names: [base] };
  }
  const [, kind = '', inner = ''] = /^([^()]*)\((.*?)\)/.exec(key) ?? [];
  if (/\.so(\.|$)/.test(kind === '' ? key : kind)) {
    const soname = kind === '' ? key : kind;
    const name = soname.replace(/\.so.*$/, '');
    const short = name.replace(/^lib/, '');
    return { files: [soname], names: [name, short, short.replace(/-(?=\d)/, '')] };
  }
  const plain = inner.replaceAll(/::|[/:]/g, '-');
  if (kind === 'pkgconfig') return { files: [`${inner}.pc`], names: [plain] };
  if (kind === 'cmake')
    return { files: [`${inner}Config.cmake`, `${inner.toLowerCase()}-config.cmake`], names: [plain] };
  if (kind === 'perl') return { files: [`${inner.replaceAll('::', '/')}.pm`], names: [`perl-${plain}`] };
  if (/^python[\d.]*dist$/.test(kind)) return { files: [], names: [`python3-${plain}`, `python-${plain}`] };
  if (kind === 'npm') return { files: [], names: [`nodejs-${plain}`, `npm-${plain}`] };
  const ofKind = kindsOfModules.test(kind) ? [] : [kind];
  return { files: [], names: [`${kind}-${plain}`, plain, ...ofKind].filter((name) => name !== '-') };
}

/** The file lists and names of all specs, for the search of candidates. */
interface Index {
  /** Paths by their last part. */
  listed: Map<string, { path: string; package: string }[]>;
  /** Last parts of patterns by their first letters, and how far they are plain text. */
  patterns: Map<string, { path: string; literal: string; package: string }[]>;
  /** Packages by the names of specs and RPMs, in lower case. */
  exact: Map<string, Set<string>>;
  /** Packages by {@link bare} names. */
  stems: Map<string, Set<string>>;
  /** The answers so far, by capability. */
  candidates: Map<string, Candidate[]>;
}

const indexes = new WeakMap<DeclaredGraph, Index>();

function indexOf(graph: DeclaredGraph): Index {
  const known = indexes.get(graph);
  if (known !== undefined) return known;
  const index: Index = {
    ...{ listed: new Map(), patterns: new Map(), exact: new Map(), stems: new Map(), candidates: new Map() },
  };
  for (const [name, nodes] of graph.rpms) {
    for (const one of [name, graph.specs.get(name)?.name ?? name, ...nodes.map((node) => node.name)]) {
      add(index.exact, one.toLowerCase(), name);
      add(index.stems, bare(one), name);
    }
    for (const path of new Set(nodes.flatMap((node) => node.paths.flat()))) addPath(index, path, name);
  }
  indexes.set(graph, index);
  return index;
}

function addPath({ listed, patterns }: Index, given: string, name: string): void {
  const path = given.replace(/\/+$/, '');
  const base = path.slice(path.lastIndexOf('/') + 1);
  const literal = literalPart(base);
  const isPattern = literal.length < base.length;
  if (isPattern && literal.length < shortestLiteral) return;
  if (isPattern) addToList(patterns, base.slice(0, shortestLiteral), { path: base, literal, package: name });
  else addToList(listed, base, { path, package: name });
}

function add(map: Map<string, Set<string>>, key: string, name: string): void {
  map.set(key, (map.get(key) ?? new Set()).add(name));
}

/** Reduces a name to its stem: `zlib`, `libz`, `zlib-devel`, `zlib1g` and `z-1` have one. */
function bare(name: string): string {
  return name
    .toLowerCase()
    .replace(/-(devel|libs?|static|tools|bin)$/, '')
    .replace(/^(python3?|lib)-?/, '')
    .replace(/[-_.+\d]+$/, '')
    .replaceAll(/[-_.+]/g, '');
}
