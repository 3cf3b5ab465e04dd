import { order } from '../base/order.ts';
import type { Result } from '../model/build-result.ts';
import type { PlannedBuild } from '../model/outcome.ts';

/** A package that made a file. */
interface Maker {
  /** Of the result with the file. */
  key: string;
  /** All packages that its build needed, directly or not: found when another package makes the file, too. */
  needs: () => ReadonlySet<string>;
}

/**
 * The packages that made each file of the results of a run, across all of its generations. Of several that make one file,
 * the first by name has it, and the others are refused; but none takes a file from a package that it needs. All of them
 * declare it in their specs, or none does: see `DeclaredRpms`.
 */
export class FileMakers {
  private readonly makers = new Map<string, Map<string, Maker>>();
  /** Those that did not count any more once. They do not a second time: so a run that starts over comes to an end. */
  private readonly dropped = new Set<string>();

  /**
   * Notes the files of a result.
   * @param builds of the packages of this generation
   * @returns why it is refused, if it is; and the other packages that it refuses, where that is news
   */
  add(result: Result, builds: ReadonlyMap<string, PlannedBuild>): { reason?: string; refused: string[] } {
    const { package: name, key } = result;
    let needed: ReadonlySet<string> | undefined;
    const needs = () => {
      needed ??= needsOf(name, builds);
      return needed;
    };
    const own: Maker = { key, needs };
    const refused = new Set<string>();
    let first: { package: string; file: string } | undefined;
    for (const file of filesOf(result)) {
      const known = this.makers.get(file) ?? new Map<string, Maker>();
      this.makers.set(file, known);
      const isNew = known.get(name)?.key !== key;
      known.set(name, own);
      for (const [other, maker] of known) {
        if (other === name) continue;
        const isFirst = !needs().has(other) && (order(name, other) < 0 || maker.needs().has(name));
        if (isFirst && isNew) refused.add(other);
        if (!isFirst && (first === undefined || order(other, first.package) < 0))
          first = { package: other, file };
      }
    }
    if (first === undefined) return { refused: [...refused] };
    const reason = `its build made ${first.file}, which ${first.package} makes, too`;
    return { reason, refused: [...refused] };
  }

  /**
   * Drops the files of a package, which has no result any more, or one under another key.
   * @returns true if another package may have been refused for one of them
   */
  drop(name: string, key?: string): boolean {
    if (this.dropped.has(name)) return false;
    let isShared = false;
    for (const known of this.makers.values()) {
      const maker = known.get(name);
      if (maker === undefined || maker.key === key) continue;
      known.delete(name);
      this.dropped.add(name);
      isShared ||= known.size > 0;
    }
    return isShared;
  }
}

function filesOf({ srpm, rpms }: Result): string[] {
  return [srpm.file, ...rpms.map(({ file }) => file)].sort(order);
}

function needsOf(name: string, builds: ReadonlyMap<string, PlannedBuild>): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [name];
  for (const one of queue) {
    for (const need of builds.get(one)?.packages ?? []) {
      if (found.has(need)) continue;
      found.add(need);
      queue.push(need);
    }
  }
  return found;
}
