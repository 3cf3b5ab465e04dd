import type { RootRpm, Rpm } from '../model/rpm.ts';
import type { Toolchain } from '../model/toolchain.ts';
import type { SolverAnswer, SolverRequest } from './solver.ts';

type Installed = Extract<SolverAnswer, { ok: true }>['installed'];

/** The RPMs of each toolchain, by file name. */
const byToolchain = new WeakMap<Toolchain, ReadonlyMap<string, Rpm>>();

/** The answer to each request that was looked at last: its verification and its use need the same RPMs. */
const last = new WeakMap<SolverRequest, { installed: Installed; rpms: RootRpm[] | undefined }>();

/**
 * Returns the RPMs that an answer names, in its order; undefined if one of them is neither in the request nor in the
 * toolchain. Pure.
 */
export function installedRpms(
  installed: Installed,
  request: SolverRequest,
  toolchain: Toolchain,
): RootRpm[] | undefined {
  const before = last.get(request);
  if (before?.installed === installed) return before.rpms;
  const rpms = findRpms(installed, request, toolchain);
  last.set(request, { installed, rpms });
  return rpms;
}

function findRpms(
  installed: Installed,
  { local }: SolverRequest,
  toolchain: Toolchain,
): RootRpm[] | undefined {
  const named = new Set<string>();
  for (const { origin, file } of installed) if (origin === 'local') named.add(file);
  // Many results may be visible, and few are installed.
  const found = new Map<string, Rpm>();
  for (const rpms of local) for (const rpm of rpms) if (named.has(rpm.file)) found.set(rpm.file, rpm);
  const rpms = { local: found, toolchain: toolchainRpms(toolchain) };
  const known: RootRpm[] = [];
  for (const { origin, file } of installed) {
    const rpm = rpms[origin].get(file);
    if (rpm === undefined) return undefined;
    known.push({ origin, rpm });
  }
  return known;
}

function toolchainRpms(toolchain: Toolchain): ReadonlyMap<string, Rpm> {
  const known = byToolchain.get(toolchain) ?? new Map(toolchain.rpms.map((rpm) => [rpm.file, rpm]));
  byToolchain.set(toolchain, known);
  return known;
}
