import { isRich, isSingle, type Requirement, type RichCapability } from '../rpm/requirement.ts';

/** The view of one package's root, as far as it is known, in which rich dependencies are evaluated. */
export interface RichContext {
  /** True if the root holds a provider of a requirement that one RPM satisfies. */
  holds(single: Requirement): boolean;
  /**
   * How a requirement that one RPM satisfies can be had: `declared` by specs or the toolchain, `guess` perhaps, `cycle`
   * only from a package that needs the asker, `pointer` only as earlier builds show, `nothing` not at all.
   */
  availability(single: Requirement): Availability;
}

export type Availability = 'declared' | 'guess' | 'cycle' | 'pointer' | 'nothing';

const best: readonly Availability[] = ['declared', 'guess', 'cycle', 'pointer', 'nothing'];

/** True if the root satisfies a requirement, by rpm's rules. */
export function isTrue(wanted: Requirement, context: RichContext): boolean {
  if (!isRich(wanted) || wanted.kind === 'with' || wanted.kind === 'without') return context.holds(wanted);
  const { kind, operands, otherwise } = wanted;
  const holds = (operand: Requirement) => isTrue(operand, context);
  if (kind === 'and') return operands.every(holds);
  if (kind === 'or') return operands.some(holds);
  const [main, condition] = operands as [Requirement, Requirement];
  if ((kind === 'if') === holds(condition)) return holds(main);
  // Without an `else`, rpm takes an `if` whose condition is false as true, and an `unless` whose condition holds as false.
  return otherwise === undefined ? kind === 'if' : holds(otherwise);
}

/** True if the condition of an `if` or `unless` holds. */
export function conditionHolds({ operands }: RichCapability, context: RichContext): boolean {
  return isTrue(operands[1] as Requirement, context);
}

/** True if a requirement, once a root satisfies it, stays satisfied whatever is added to the root. */
export function onlyGrows(wanted: Requirement): boolean {
  return wanted.kind === 'and' || wanted.kind === 'or' ? wanted.operands.every(onlyGrows) : isSingle(wanted);
}

/**
 * The term of an `or` that is to be had: the first that is declared, else the first that is guessed, else the first that
 * needs the asker; undefined when there is none. It depends on specs and toolchain alone, not on what is built.
 */
export function chooseTerm({ operands }: RichCapability, context: RichContext): Requirement | undefined {
  const kinds = operands.map((term) => availabilityOf(term, context));
  const kind = best.find((one) => one !== 'nothing' && kinds.includes(one));
  return kind === undefined ? undefined : operands[kinds.indexOf(kind)];
}

function availabilityOf(wanted: Requirement, context: RichContext): Availability {
  if (!isRich(wanted) || wanted.kind === 'with' || wanted.kind === 'without')
    return context.availability(wanted);
  const of = wanted.operands.map((term) => availabilityOf(term, context));
  if (wanted.kind === 'or') return best.find((one) => of.includes(one)) ?? 'nothing';
  if (wanted.kind === 'and') return best.findLast((one) => of.includes(one)) ?? 'nothing';
  const takesMain = (wanted.kind === 'if') === conditionHolds(wanted, context);
  const taken = takesMain ? wanted.operands[0] : wanted.otherwise;
  if (taken !== undefined) return availabilityOf(taken, context);
  return wanted.kind === 'if' ? 'declared' : 'nothing';
}
