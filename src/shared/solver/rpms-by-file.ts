import type { RootRpm, Rpm } from '../model/rpm.ts';
import type { Toolchain } from '../model/toolchain.ts';
import type { SolverRequest } from './solver.ts';

type ByFile = ReadonlyMap<string, Rpm>;

/** Maps by the object that they are made of: a map is made once for each request and each toolchain. */
const maps = new WeakMap<object, ByFile>();

/** Returns the RPMs that an answer to a request may name, by file name, for each origin. Pure. */
export function rpmsByFile(request: SolverRequest, toolchain: Toolchain): Record<RootRpm['origin'], ByFile> {
  return {
    local: mapOnce(request, () => request.local.flat()),
    toolchain: mapOnce(toolchain, () => toolchain.rpms),
  };
}

function mapOnce(of: object, rpms: () => readonly Rpm[]): ByFile {
  const map = maps.get(of) ?? new Map(rpms().map((rpm) => [rpm.file, rpm]));
  maps.set(of, map);
  return map;
}
