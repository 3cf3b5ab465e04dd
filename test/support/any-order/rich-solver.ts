import type { Capability, Rpm } from '../../../src/shared/model/rpm.ts';
import type { SolverAnswer, SolverRequest } from '../../../src/shared/solver/solver.ts';

/** A requirement in parts. It is parsed here once more, so that tests do not rest on the parser that they test. */
type Requirement =
  | Capability
  | { left: Requirement; operator: string; right: Requirement; other?: Requirement };

/** Number of sets that are tried: the trees of tests need a few dozen. */
const mostTries = 3000;

/**
 * Returns a solver in this process over these toolchain RPMs. It honours rich dependencies, conflicts and versions, takes
 * local RPMs before those of the toolchain, newer before older, and says the same to the same question. It tries sets
 * until one fits.
 */
export function richSolver(toolchain: readonly Rpm[]) {
  const solve = async (request: SolverRequest): Promise<SolverAnswer> => {
    const local = request.local.flat();
    const all = [...inOrder(local), ...inOrder(toolchain)];
    const found = new Search(all, request).found();
    if (found !== undefined) {
      const installed = [...found].map((rpm) => {
        return { origin: local.includes(rpm) ? ('local' as const) : ('toolchain' as const), file: rpm.file };
      });
      return { ok: true, installed: installed.sort((a, b) => (a.file < b.file ? -1 : 1)) };
    }
    const missing = request.install
      .filter((one) => !one.startsWith('(') && !all.some((rpm) => provides(rpm, one)))
      .sort();
    const problems = missing.map((one) => `nothing provides '${one}'`);
    return { ok: false, problems: problems.length > 0 ? problems : ['no set fits'], missing };
  };
  return { solve };
}

const inOrder = (rpms: readonly Rpm[]) =>
  [...rpms].sort(
    (a, b) => Number(b.version) - Number(a.version) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );

/** The search for one set of RPMs. */
class Search {
  private readonly all: readonly Rpm[];
  private readonly install: readonly Requirement[];
  private readonly refused: readonly Capability[];
  private readonly base: readonly Rpm[];
  private tries = 0;

  constructor(all: readonly Rpm[], request: SolverRequest) {
    this.all = all;
    this.install = request.install.map(parse);
    this.refused = request.conflicts;
    this.base = all.filter((rpm) => request.base.includes(rpm.file));
  }

  found(): ReadonlySet<Rpm> | undefined {
    return this.complete(new Set(this.base));
  }

  private complete(set: ReadonlySet<Rpm>): ReadonlySet<Rpm> | undefined {
    if (++this.tries > mostTries) return undefined;
    const wanted = [...this.install, ...[...set].flatMap((rpm) => rpm.requires.map(parse))];
    const unmet = wanted.find((one) => !isMet(one, set));
    if (unmet === undefined) return set;
    for (const rpm of this.ways(unmet, set)) {
      if (set.has(rpm) || !this.fits(rpm, set)) continue;
      const whole = this.complete(new Set([...set, rpm]));
      if (whole !== undefined) return whole;
    }
    return undefined;
  }

  private fits(rpm: Rpm, set: ReadonlySet<Rpm>): boolean {
    if (this.refused.some((one) => provides(rpm, one))) return false;
    return [...set].every(
      (other) =>
        other.name !== rpm.name &&
        !rpm.conflicts.some((one) => provides(other, one)) &&
        !other.conflicts.some((one) => provides(rpm, one)),
    );
  }

  /** The RPMs of which one more may meet a requirement, the best first. */
  private ways(one: Requirement, set: ReadonlySet<Rpm>): Rpm[] {
    if (typeof one === 'string') return this.all.filter((rpm) => provides(rpm, one));
    const { left, operator, right, other } = one;
    switch (operator) {
      case 'and':
        return this.ways(isMet(left, set) ? right : left, set);
      case 'or':
        return [...this.ways(left, set), ...this.ways(right, set)];
      case 'if':
        if (isMet(right, set)) return this.ways(left, set);
        return other === undefined ? [] : [...this.ways(other, set), ...this.ways(right, set)];
      case 'unless':
        if (isMet(right, set)) return other === undefined ? [] : this.ways(other, set);
        return [...this.ways(left, set), ...(other === undefined ? [] : this.ways(right, set))];
      default:
        return this.all.filter((rpm) => isOne(rpm, one));
    }
  }
}

function isMet(one: Requirement, set: ReadonlySet<Rpm>): boolean {
  if (typeof one === 'string') return [...set].some((rpm) => provides(rpm, one));
  const { left, operator, right, other } = one;
  switch (operator) {
    case 'and':
      return isMet(left, set) && isMet(right, set);
    case 'or':
      return isMet(left, set) || isMet(right, set);
    case 'if':
      return isMet(right, set) ? isMet(left, set) : other === undefined || isMet(other, set);
    case 'unless':
      return isMet(right, set) ? other !== undefined && isMet(other, set) : isMet(left, set);
    default:
      return [...set].some((rpm) => isOne(rpm, one));
  }
}

/** True if one RPM satisfies a term of `with` or `without` alone. */
function isOne(rpm: Rpm, one: Requirement): boolean {
  if (typeof one === 'string') return provides(rpm, one);
  const right = isOne(rpm, one.right);
  if (one.operator === 'or') return isOne(rpm, one.left) || right;
  return isOne(rpm, one.left) && (one.operator === 'without' ? !right : right);
}

/** True if an RPM provides a plain capability. Versions of these tests are whole numbers, compared without releases. */
function provides(rpm: Rpm, capability: Capability): boolean {
  const [name, operator, version] = capability.split(' ');
  if (rpm.files.includes(name as string)) return true;
  return rpm.provides.some((one) => {
    const [own, , ownVersion] = one.split(' ');
    if (own !== name) return false;
    if (operator === undefined || version === undefined || ownVersion === undefined) return true;
    const [a, b] = [Number.parseFloat(ownVersion), Number.parseFloat(version)];
    return (
      (operator.includes('=') && a === b) || (operator[0] === '>' && a > b) || (operator[0] === '<' && a < b)
    );
  });
}

const parsed = new Map<Capability, Requirement>();

/** Parses a capability. A rich one has its operators between blanks; `else` follows the condition. */
export function parse(capability: Capability): Requirement {
  const known = parsed.get(capability) ?? (capability.startsWith('(') ? parseRich(capability) : capability);
  parsed.set(capability, known);
  return known;
}

function parseRich(text: string): Requirement {
  const parts = split(text.slice(1, -1));
  const at = parts.findIndex((one) => /^(and|or|if|unless|with|without)$/.test(one));
  const rest = parts.slice(at + 1);
  const end = rest.indexOf('else');
  const join = (some: readonly string[]) => parse(some.join(' '));
  const operator = parts[at] as string;
  const left = join(parts.slice(0, at));
  if (end !== -1)
    return { left, operator, right: join(rest.slice(0, end)), other: join(rest.slice(end + 1)) };
  const next = rest.indexOf(operator);
  // `(a or b or c)` is `(a or (b or c))`.
  const right = next === -1 ? join(rest) : parse(`(${rest.join(' ')})`);
  return { left, operator, right };
}

/** Splits at blanks outside of parentheses. */
function split(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const letter of `${text} `) {
    if (letter === '(') depth++;
    if (letter === ')') depth--;
    if (letter === ' ' && depth === 0) {
      if (part !== '') parts.push(part);
      part = '';
    } else part += letter;
  }
  return parts;
}
