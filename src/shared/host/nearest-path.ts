import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nearestName } from '../base/nearest-name.ts';

/**
 * Returns the hint `Did you mean 'SPECS'?` for a path that does not exist: the nearest name in its folder. Undefined if
 * none is near, or the folder cannot be listed.
 */
export function nearestPathHint(path: string): string | undefined {
  const folder = dirname(path);
  try {
    const near = nearestName(basename(path), readdirSync(folder).slice(0, mostNames));
    // A name that is there is of the wrong kind: it is no hint.
    return near === undefined || near === basename(path)
      ? undefined
      : `Did you mean '${join(folder, near)}'?`;
  } catch {
    return undefined;
  }
}

/** Names of a folder that are compared: more take noticeable time. */
const mostNames = 10_000;
