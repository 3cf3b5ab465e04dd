import type { Capability } from '../model/rpm.ts';
import { compareEvr, type Evr, parseEvr } from './version.ts';

export type Comparison = '<' | '<=' | '=' | '>=' | '>';

/** A capability with a name. It has both `comparison` and `evr`, or neither. */
export interface NamedCapability {
  kind: 'name';
  text: Capability;
  name: string;
  comparison?: Comparison;
  evr?: Evr;
}

/** An absolute path that something owns or requires, as {@link canonicalPath} writes it. It has no version. */
export interface PathCapability {
  kind: 'path';
  text: Capability;
  path: string;
}

/** A capability that one RPM provides. Equal texts give the same object. */
export type PlainCapability = NamedCapability | PathCapability;

const comparisons: ReadonlyMap<string, Comparison> = new Map([
  ['<', '<'],
  ['<=', '<='],
  ['=<', '<='],
  ['=', '='],
  ['==', '='],
  ['>=', '>='],
  ['=>', '>='],
  ['>', '>'],
]);

const parsed = new Map<string, PlainCapability>();

/**
 * Parses `/path`, `name` or `name <op> [epoch:]version[-release]`. A text that rpm could not have written is a name that
 * nothing provides: the texts of RPMs are not trusted.
 */
export function parseCapability(text: Capability): PlainCapability {
  const before = parsed.get(text);
  if (before !== undefined) return before;
  const capability = parse(text);
  parsed.set(text, capability);
  return capability;
}

function parse(text: Capability): PlainCapability {
  if (text.startsWith('/')) return { kind: 'path', text, path: canonicalPath(text) };
  const [name = '', operator = '', evr, ...more] = text.trim().split(/\s+/);
  const comparison = comparisons.get(operator);
  if (comparison !== undefined && evr !== undefined && more.length === 0)
    return { kind: 'name', text, name, comparison, evr: parseEvr(evr) };
  return { kind: 'name', text, name: operator === '' ? name : text.trim() };
}

/** Returns the name or the path of a plain capability. */
export function keyOf(capability: PlainCapability): string {
  return capability.kind === 'path' ? capability.path : capability.name;
}

/**
 * True if a package that provides `provide` satisfies `wanted` by rpm's rules: they have the same name, and their version
 * ranges overlap. A side without a version matches every version. A path that is provided, not owned, has one spelling.
 */
export function matches(provide: PlainCapability, wanted: PlainCapability): boolean {
  if (provide.kind === 'path' || wanted.kind === 'path') return provide.text === wanted.text;
  if (provide.name !== wanted.name) return false;
  if (!provide.comparison || !provide.evr || !wanted.comparison || !wanted.evr) return true;
  return overlap(provide.evr, provide.comparison, wanted.evr, wanted.comparison);
}

/**
 * True for what rpm's dependency generators may add when a package is built, so that no spec needs to declare it: paths,
 * sonames, and every `kind(name)`. The kinds are no closed list: each language brings its generators.
 */
export function mayBeRevealed(capability: PlainCapability): boolean {
  return capability.kind === 'path' || /[()]|\.so(\.|$)/.test(capability.name);
}

function overlap(a: Evr, x: Comparison, b: Evr, y: Comparison): boolean {
  const order = compareEvr(a, b);
  if (order < 0) return x.startsWith('>') || y.startsWith('<');
  if (order > 0) return x.startsWith('<') || y.startsWith('>');
  const [equalA, equalB] = [x.endsWith('='), y.endsWith('=')];
  // Without a release, `= 1.0` means any release of it, so `> 1.0-1` and `= 1.0` have versions in common.
  if (a.release !== undefined && b.release === undefined && equalB) return true;
  if (b.release !== undefined && a.release === undefined && equalA) return true;
  return (equalA && equalB) || (x[0] !== '=' && x[0] === y[0]);
}

/** Returns the path that `path` has when /bin, /sbin, /lib and /lib64 are links into /usr, as in every worker. Pure. */
export function canonicalPath(path: string): string {
  return /^\/(?:s?bin|lib|lib64)\//.test(path) ? `/usr${path}` : path;
}

/** Returns the paths that {@link canonicalPath} makes `path` of. Pure. */
export function spellingsOf(path: string): string[] {
  return /^\/usr\/(?:s?bin|lib|lib64)\//.test(path) ? [path, path.slice('/usr'.length)] : [path];
}
