import { counted } from '../base/counted.ts';
import { order } from '../base/order.ts';
import type { Problem } from '../base/problems.ts';
import type { Outcome, PackagePlan } from '../model/outcome.ts';

/** One error of a tree, and what is not built because of it. */
export interface TreeCause {
  /** The first place of it. */
  problem: Problem;
  /** The number of other places that have it. */
  more: number;
  /** Packages that fail with it. Sorted. */
  failed: string[];
  /** Further packages that need these. Sorted. */
  blocked: string[];
}

/** Errors that are shown one by one. If there are more, they are shown as a table of causes. */
const mostShownErrors = 20;

type State = Outcome | PackagePlan;

/**
 * The errors of a tree that keep packages from being built, each with its packages: the one that stops most first. What
 * several specs have with the same words is one error. Pure.
 */
export function treeCauses(states: ReadonlyMap<string, State>): TreeCause[] {
  const blocks = new Map<string, string[]>();
  for (const [name, one] of states)
    if (one.state === 'blocked')
      for (const cause of one.rootCauses) blocks.set(cause, [...(blocks.get(cause) ?? []), name]);
  const causes = new Map<string, { problems: Set<Problem>; failed: Set<string>; blocked: Set<string> }>();
  for (const [name, one] of states) {
    if (one.state !== 'failed') continue;
    for (const problem of one.problems ?? []) {
      const known = causes.get(problem.message) ?? {
        problems: new Set(),
        failed: new Set(),
        blocked: new Set(),
      };
      causes.set(problem.message, known);
      known.problems.add(problem);
      known.failed.add(name);
      for (const other of blocks.get(name) ?? []) known.blocked.add(other);
    }
  }
  const sorted = (names: ReadonlySet<string>) => [...names].sort(order);
  return [...causes.values()]
    .map(({ problems, failed, blocked }): TreeCause => {
      const [problem] = problems as unknown as [Problem];
      return { problem, more: problems.size - 1, failed: sorted(failed), blocked: sorted(blocked) };
    })
    .sort((a, b) => stoppedBy(b) - stoppedBy(a) || order(a.problem.message, b.problem.message));
}

/** The causes that are shown as a table; none if there are so few errors that each is shown. Pure. */
export function tabledCauses(states: ReadonlyMap<string, State>): TreeCause[] {
  return treeErrors(states).length > mostShownErrors ? treeCauses(states) : [];
}

/** Returns the errors of a tree that keep packages from being built, each once. Pure. */
export function treeErrors(states: ReadonlyMap<string, State>): Problem[] {
  const all = [...states.values()].flatMap((one) => (one.state === 'failed' ? (one.problems ?? []) : []));
  return [...new Set(all)];
}

/** Returns the number of packages that a cause stops. Pure. */
export function stoppedBy({ failed, blocked }: TreeCause): number {
  return failed.length + blocked.length;
}

/** Characters of a message in a line of the table. */
const longestMessage = 160;

function shortened(message: string): string {
  return message.length > longestMessage ? `${message.slice(0, longestMessage - 1)}…` : message;
}

/** Writes causes as the lines of a table, at most `most` of them. Pure. */
export function causeLines(causes: readonly TreeCause[], most: number): string[] {
  const lines = causes.slice(0, most).map((cause) => {
    const { problem, more } = cause;
    const place = [problem.file, problem.line].filter((part) => part !== undefined).join(':');
    const others = more === 0 ? '' : ` and ${counted(more, 'other place')}`;
    return `${String(stoppedBy(cause)).padStart(6)}  ${shortened(problem.message)}${place === '' ? '' : `  (${place}${others})`}`;
  });
  const rest = causes.length - most;
  const head = `${counted(causes.length, 'cause')}, with the number of packages that each stops:`;
  return [head, ...lines, ...(rest > 0 ? [`        and ${rest} more: plan.json has all`] : [])];
}
