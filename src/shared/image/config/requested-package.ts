import type { Capability } from '../../model/rpm.ts';

/** A package that the config asks for, and where. */
export interface RequestedPackage {
  capability: Capability;
  /** File and JSON path of the entry. */
  file: string;
  path: string;
}

/** Returns `name` or `name=version` as a capability; undefined when it is neither. */
export function requestedCapability(entry: string): Capability | undefined {
  const match =
    /^\s*([A-Za-z0-9_][\w.+-]*(?:\([^\s()]+\))?|\/[^\s]+)\s*(?:(=|>=|<=|<|>)\s*([\w.+~^:-]+))?\s*$/.exec(
      entry,
    );
  if (match === null) return undefined;
  const [, name, comparison, version] = match;
  return comparison === undefined ? (name as string) : `${name} ${comparison} ${version}`;
}
