import { foundInStore, type Outcome } from '../../../src/shared/plan/state.ts';
import { parseName } from '../../../src/shared/schedule/names.ts';
import { DamagedResult } from '../../../src/shared/store/store.ts';
import type { RunView } from './run-view.ts';

const removalsAtOnce = 8;

/**
 * Fetches the bytes of every result. What cannot be had, and what was built on it, does not count any more. Answers
 * whether some of it was lost from the store, which nobody in this run knew.
 */
export async function openAll(view: RunView): Promise<boolean> {
  let lost = false;
  for (let whole = false; !whole; ) {
    whole = true;
    for (const outcome of view.progress.outcomes.values()) {
      if (!('result' in outcome)) continue;
      try {
        await view.options.store.open(outcome.result);
      } catch (error) {
        if (!(error instanceof DamagedResult)) throw error;
        view.options.warn(`${error.message}. It does not count.`);
        lost ||= !view.known.results.has(error.key);
        await view.options.store.drop(error.key);
        whole = false;
      }
    }
    if (!whole) {
      view.startOver();
      await view.readAll();
    }
  }
  return lost;
}

/** How each package ended in this run, whichever job built it. */
export function outcomesOf(view: RunView): Map<string, Outcome> {
  const { names, outcomes } = view.progress;
  return new Map(
    [...names].map((name): [string, Outcome] => {
      const outcome = outcomes.get(name);
      if (outcome === undefined) return [name, { state: 'left', reason: 'no shard came to it' }];
      const told = 'result' in outcome ? view.known.results.get(outcome.result.key) : undefined;
      return told === undefined || !('result' in outcome)
        ? [name, outcome]
        : [
            name,
            {
              state: told.reason === foundInStore ? 'reused' : 'built',
              reason: told.reason,
              result: outcome.result,
            },
          ];
    }),
  );
}

/** The decisive lines of what failed in other jobs, by package. */
export function failureLines(view: RunView): Map<string, readonly string[]> {
  return new Map([...view.known.failures.values()].map((told) => [told.package, told.lines]));
}

/** Removes what the jobs exchanged. */
export async function cleanUp(view: RunView): Promise<void> {
  try {
    const names = (await view.exchange.list()).filter(({ name }) => parseName(name) !== undefined);
    for (let at = 0; at < names.length; at += removalsAtOnce)
      await Promise.all(names.slice(at, at + removalsAtOnce).map(({ name }) => view.exchange.remove(name)));
  } catch (error) {
    // It goes by itself in a day.
    view.options.warn(`What the jobs exchanged is not all removed: ${(error as Error).message}`);
  }
}
