import type { Capability } from '../model/rpm.ts';
import { isRich } from './capability.ts';

/** The path in a root in which /bin, /sbin, /lib and /lib64 are links into /usr, as they are in every worker. */
export function canonicalPath(path: string): string {
  return /^\/(?:s?bin|lib|lib64)\//.test(path) ? `/usr${path}` : path;
}

/** A capability under the name by which the graph finds it: a path as {@link canonicalPath} says, all else as it is. */
export function canonical(capability: Capability): Capability {
  return isRich(capability) ? capability : canonicalPath(capability);
}
