import type { Capability } from '../model/rpm.ts';
import { isRich } from './capability.ts';

/** Returns the path that `path` has when /bin, /sbin, /lib and /lib64 are links into /usr, as in every worker. Pure. */
export function canonicalPath(path: string): string {
  return /^\/(?:s?bin|lib|lib64)\//.test(path) ? `/usr${path}` : path;
}

/** Returns a capability with its path as {@link canonicalPath} writes it. Other capabilities stay as they are. Pure. */
export function canonical(capability: Capability): Capability {
  return isRich(capability) ? capability : canonicalPath(capability);
}
