import { readdirSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { nearestName } from '../base/nearest-name.ts';

/**
 * Returns the hint `Did you mean 'SPECS'?` for a path that does not exist: the nearest name in its folder. Undefined if
 * none is near, or the folder cannot be listed.
 */
export function nearestPathHint(path: string): string | undefined {
  const folder = dirname(path);
  const wanted = parse(path);
  try {
    const near = nearestName(wanted.base, readdirSync(folder).slice(0, mostNames));
    // A name that is there is of the wrong kind. A common extension makes short names alike.
    if (near === undefined || near === wanted.base) return undefined;
    const isNear = nearestName(wanted.name, [parse(near).name]) !== undefined;
    return isNear ? `Did you mean '${join(folder, near)}'?` : undefined;
  } catch {
    return undefined;
  }
}

/** Names of a folder that are compared: more take noticeable time. */
const mostNames = 10_000;
