import { isSingle, type Requirement, type RichCapability } from '../rpm/requirement.ts';

/** The view of one package's root, as far as it is known, in which rich dependencies are evaluated. */
export interface RichContext {
  /** True if the root holds a provider of a requirement that one RPM satisfies. */
  holds(single: Requirement): boolean;
  /**
   * How a requirement that one RPM satisfies can be had: `declared` by specs or the toolchain, `guess` perhaps, `cycle`
   * only from a package that needs the asker, `nothing` not at all.
   */
  availability(single: Requirement): Availability;
  /** The same root, with the availability of everything before any build ended or failed. */
  unbuilt: RichContext;
}

export type Availability = 'declared' | 'guess' | 'cycle' | 'nothing';

const best: readonly Availability[] = ['declared', 'guess', 'cycle', 'nothing'];

/** True if the root satisfies a requirement, by rpm's rules. */
export function isTrue(wanted: Requirement, context: RichContext): boolean {
  if (isSingle(wanted)) return context.holds(wanted);
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
 * needs the asker; undefined when there is none. This order follows from specs and toolchain alone: what builds show only
 * takes terms out.
 */
export function chooseTerm({ operands }: RichCapability, context: RichContext): Requirement | undefined {
  const possible = operands.filter((term) => availabilityOf(term, context) !== 'nothing');
  const { unbuilt } = context;
  const kinds = possible.map((term) => availabilityOf(term, unbuilt));
  const kind = best.find((one) => kinds.includes(one));
  return kind === undefined ? undefined : possible[kinds.indexOf(kind)];
}

/**
 * The operands that an `if` or `unless` requires in this root. Where the condition does not hold and what is then required is
 * not to be had, the condition is required, too. Undefined when nothing satisfies it.
 */
export function requiredOperands(
  wanted: RichCapability,
  context: RichContext,
): readonly Requirement[] | undefined {
  return decideCondition(wanted, context).required;
}

interface Decision {
  required: readonly Requirement[] | undefined;
  availability: Availability;
}

function decideCondition(wanted: RichCapability, context: RichContext): Decision {
  const { kind, operands, otherwise } = wanted;
  const [main, condition] = operands as [Requirement, Requirement];
  const [held, open] = kind === 'if' ? [main, otherwise] : [otherwise, main];
  if (isTrue(condition, context))
    return held === undefined
      ? { required: undefined, availability: 'nothing' }
      : { required: [held], availability: availabilityOf(held, context) };
  if (open === undefined) return { required: [], availability: 'declared' };
  const availabilityIn = (of: RichContext, required: readonly Requirement[]) =>
    worstOf(required.map((one) => availabilityOf(one, of)));
  const usual = { required: [open], availability: availabilityIn(context, [open]) };
  if (held === undefined) return usual;
  const instead = {
    required: [condition, held],
    availability: availabilityIn(context, [condition, held]),
  };
  if (instead.availability === 'nothing') return usual;
  if (usual.availability === 'nothing') return instead;
  // What builds show only takes operands out, as in chooseTerm.
  const { unbuilt } = context;
  const [before, after] = [usual, instead].map(({ required, availability }) =>
    best.indexOf(unbuilt === context ? availability : availabilityIn(unbuilt, required)),
  ) as [number, number];
  return before > best.indexOf('guess') && after < before ? instead : usual;
}

function availabilityOf(wanted: Requirement, context: RichContext): Availability {
  if (isSingle(wanted)) return context.availability(wanted);
  if (wanted.kind === 'if' || wanted.kind === 'unless') return decideCondition(wanted, context).availability;
  const of = wanted.operands.map((term) => availabilityOf(term, context));
  return wanted.kind === 'or' ? (best.find((one) => of.includes(one)) ?? 'nothing') : worstOf(of);
}

function worstOf(of: readonly Availability[]): Availability {
  return best.findLast((one) => of.includes(one)) ?? 'nothing';
}
