import { order } from '../base/order.ts';
import type { Outcome } from '../model/outcome.ts';

/** Packages that a reason names. */
const mostNamed = 8;

function listed(names: readonly string[]): string {
  const rest = names.length - mostNamed;
  return rest > 0 ? `${names.slice(0, mostNamed).join(', ')} and ${rest} more` : names.join(', ');
}

/** The outcome of a package that needs others without a result. Pure. */
export function blockedBy(
  needed: readonly string[],
  outcomes: ReadonlyMap<string, Outcome>,
): Extract<Outcome, { state: 'blocked' }> {
  const roots = new Set(
    needed.flatMap((name) => {
      const outcome = outcomes.get(name);
      return outcome?.state === 'blocked' ? outcome.rootCauses : [name];
    }),
  );
  const rootCauses = [...roots].sort(order);
  const isUnparsed = (name: string) => {
    const outcome = outcomes.get(name);
    return outcome?.state === 'failed' && outcome.kind === 'spec';
  };
  const unparsed = rootCauses.filter(isUnparsed);
  const failed = rootCauses.filter((name) => !isUnparsed(name));
  const parts = [
    ...(failed.length > 0 ? [`needs ${listed(failed)}, which failed`] : []),
    ...(unparsed.length > 0
      ? [`needs what may be provided by ${listed(unparsed)}, which does not parse`]
      : []),
  ];
  return { state: 'blocked', reason: parts.join('; '), rootCauses };
}
