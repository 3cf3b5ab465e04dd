import type { Rpm } from '../../src/shared/model/rpm.ts';
import type { Toolchain } from '../../src/shared/model/toolchain.ts';
import {
  type Solver,
  type SolverAnswer,
  type SolverRequest,
  startSolver,
} from '../../src/shared/solver/solver.ts';

export type GivenRpm = Partial<Omit<Rpm, 'epoch'>> & { name: string; evr?: string };

/** An RPM of made-up content, which provides its name and version. */
export function rpm({ name, evr = '1.0-1', ...given }: GivenRpm): Rpm {
  const [, epoch = '0', version = '', release = ''] = /^(?:(\d+):)?(.*)-(.*)$/.exec(evr) ?? [];
  const arch = given.arch ?? 'x86_64';
  return {
    file: `${name}-${version}-${release}.${arch}.rpm`,
    name,
    epoch: Number(epoch),
    version,
    release,
    arch,
    sourceRpm: `${name}-${version}-${release}.src.rpm`,
    size: 1,
    shipDigest: '',
    outputDigest: '',
    requires: [],
    conflicts: [],
    obsoletes: [],
    files: [],
    folders: [],
    ...given,
    provides: [`${name} = ${evr}`, ...(given.provides ?? [])],
  };
}

export function toolchain(rpms: Rpm[], mode: Toolchain['mode'] = 'bootstrap'): Toolchain {
  return { schema: 'azl/toolchain', version: 1, mode, arch: 'x86_64', rpms, worker: [], workerDigest: '' };
}

type GivenRequest = Partial<Omit<SolverRequest, 'local'> & { local: readonly Rpm[] }>;

/** A whole request, whose local RPMs are those of one result. What is not given is empty. */
export function request({ local = [], ...given }: GivenRequest): SolverRequest {
  return { install: [], conflicts: [], base: [], local: [local], ...given };
}

const solvers: Solver[] = [];

/** Starts libsolv over a toolchain of these RPMs. */
export async function over(rpms: Rpm[], mode?: Toolchain['mode']) {
  const solver = await startSolver(toolchain(rpms, mode));
  solvers.push(solver);
  return { solve: (given: GivenRequest) => solver.solve(request(given)) };
}

/** Ends all that {@link over} started. */
export async function closeSolvers(): Promise<void> {
  for (const solver of solvers.splice(0)) await solver.close();
}

/** The RPMs of an answer, without architecture; local ones with a star. @throws Error with the problems if there is none */
export function names(answer: SolverAnswer): string[] {
  if (!answer.ok) throw new Error(answer.problems.join('\n'));
  return answer.installed.map(
    (one) => `${one.origin === 'local' ? '*' : ''}${one.file.replace(/\.[^.]+\.rpm$/, '')}`,
  );
}
