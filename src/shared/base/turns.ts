import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work in a row: heartbeats, timers and the output of builds wait for no longer. */
const inARow = 20;

/** A pause that long work offers again and again: others get their turn when this work has had its own. */
export type Turn = () => Promise<void>;

/** Returns the {@link Turn} of one piece of work. */
export function newTurn(): Turn {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < inARow) return;
    await setImmediate();
    since = performance.now();
  };
}
