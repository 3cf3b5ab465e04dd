import type { Capability } from '../model/rpm.ts';
import { compareEvr, type Evr, parseEvr } from './version.ts';

export type Comparison = '<' | '<=' | '=' | '>=' | '>';

/** A plain capability in parts. It has both `comparison` and `evr`, or neither. */
export interface ParsedCapability {
  name: string;
  comparison?: Comparison;
  evr?: string;
}

const comparisons: Readonly<Record<string, Comparison>> = {
  '<': '<',
  '<=': '<=',
  '=<': '<=',
  '=': '=',
  '==': '=',
  '>=': '>=',
  '=>': '>=',
  '>': '>',
};

const soname = /^[^\s/()]+\.so(\.[^\s/()]+)*(\([^()]*\))*$/;

/** Matches names by their prefix before `(`, which the dependency generators of rpm and of languages write into packages. */
const generated =
  /^(pkgconfig|perl|python([\d.]*dist)?|cmake|config|mvn|osgi|rubygem|ruby|golang|golang-ipath|tex|texlive|font|typelib|ocaml|ocamlx|crate|npm|nodejs|php-composer|php-pear|ghc|R|lua|kmod|ksym|kernel|modalias|mimehandler|application|metainfo|gstreamer\d[^(]*|rpm_macro|qml6?import|dotnet|user|group|debuginfo|appstream|hunspell|locale|postscriptdriver)\(.+\)$/;

/** True for a rich dependency such as `(a if b)`, which only the solver can evaluate. Pure. */
export function isRich(capability: Capability): boolean {
  return capability.startsWith('(');
}

/**
 * Parses `name` or `name <op> [epoch:]version[-release]`. The name of a rich dependency is its whole text. Pure.
 * @throws Error for an unknown operator, and for anything else than one name, one operator and one version
 */
export function parseCapability(capability: Capability): ParsedCapability {
  if (isRich(capability)) return { name: capability };
  const [name, operator, evr, ...more] = capability.trim().split(/\s+/);
  if (name !== undefined && name !== '' && operator === undefined) return { name };
  const comparison = comparisons[operator ?? ''];
  if (comparison === undefined || evr === undefined || more.length > 0) {
    throw new Error(`'${capability}' is no capability: expected 'name' or 'name >= version'`);
  }
  return { name: name as string, comparison, evr };
}

/** Returns the name of a capability: `zlib-devel` of `zlib-devel >= 1.3`, the whole text of a rich dependency. Pure. */
export function nameOf(capability: Capability): string {
  if (isRich(capability)) return capability;
  return /^\S*/.exec(capability.trim())?.[0] ?? '';
}

/**
 * Returns the plain capabilities of a rich dependency, with their versions, in their order. A plain capability is its own
 * only term. Pure.
 */
export function termsOf(capability: Capability): Capability[] {
  if (!isRich(capability)) return [capability];
  const terms: string[] = [];
  let term = '';
  /** The kind of token that is expected next. An operator of the rich dependency ends the term. */
  let next: 'name' | 'version' | 'operator' = 'name';
  const finish = () => {
    if (term !== '') terms.push(term);
    term = '';
  };
  for (const token of richTokens(capability)) {
    if (token === '(' || token === ')') {
      finish();
      next = token === '(' ? 'name' : 'operator';
    } else if (next === 'name') {
      term = token;
      next = 'operator';
    } else if (next === 'version' || comparisons[token] !== undefined) {
      term += ` ${token}`;
      next = next === 'version' ? 'operator' : 'version';
    } else {
      finish();
      next = 'name';
    }
  }
  finish();
  return terms;
}

/**
 * True if a package that provides `provide` satisfies `require` by rpm's rules: they have the same name, and their version
 * ranges overlap. A side without a version matches every version. False for rich dependencies. Pure.
 */
export function satisfies(provide: Capability, require: Capability): boolean {
  if (isRich(provide) || isRich(require) || nameOf(provide) !== nameOf(require)) return false;
  const a = parseCapability(provide);
  const b = parseCapability(require);
  if (!a.comparison || !a.evr || !b.comparison || !b.evr) return true;
  return overlap(parseEvr(a.evr), a.comparison, parseEvr(b.evr), b.comparison);
}

/**
 * True for names that rpm's dependency generators add when a package is built, so that no spec declares a provider of
 * them: sonames, `pkgconfig(…)`, `perl(…)`, `python3dist(…)` and so on. Pure.
 */
export function isRevealedByBuild(name: string): boolean {
  return soname.test(nameOf(name)) || generated.test(nameOf(name));
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

/** Splits at blanks and at grouping parentheses. Parentheses in a name, as in `perl(Foo)`, belong to the name. */
function richTokens(rich: string): string[] {
  return rich.match(/[()]|[^\s()](?:[^\s()]|\((?:[^\s()]|\([^\s()]*\))*\))*/g) ?? [];
}

/** Returns the path that `path` has when /bin, /sbin, /lib and /lib64 are links into /usr, as in every worker. Pure. */
export function canonicalPath(path: string): string {
  return /^\/(?:s?bin|lib|lib64)\//.test(path) ? `/usr${path}` : path;
}

/** Returns a capability with its path as {@link canonicalPath} writes it. Other capabilities stay as they are. Pure. */
export function canonical(capability: Capability): Capability {
  return isRich(capability) ? capability : canonicalPath(capability);
}
