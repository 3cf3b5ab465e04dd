import type { Rpm } from '../../src/shared/model/rpm.ts';
import type { Toolchain } from '../../src/shared/model/toolchain.ts';
import type { Solver, SolverAnswer, SolverRequest } from '../../src/shared/solver/solver.ts';
import { nameOf } from './facts.ts';
import { isSatisfiedBy, termsOf } from './requirements.ts';

/** A solver that is no part of what is measured, and the seconds of the processor that it took. */
export interface FakeSolver extends Solver {
  seconds(): number;
}

/** Returns a solver that takes what is asked for and all that this requires, local RPMs before others. */
export function fakeSolver(toolchainOf: () => Toolchain): FakeSolver {
  const providers = new Map<string, { rpm: Rpm; provide: string }[]>();
  const indexed = new Set<Rpm>();
  const add = (rpm: Rpm) => {
    if (indexed.has(rpm)) return;
    indexed.add(rpm);
    for (const provide of [...rpm.provides, ...rpm.files.filter((file) => !isMadeUp(file))]) {
      const name = nameOf(provide);
      const known = providers.get(name);
      if (known === undefined) providers.set(name, [{ rpm, provide }]);
      else known.push({ rpm, provide });
    }
  };
  let prebuilt: Set<Rpm> | undefined;
  const answer = ({ install, base, local }: SolverRequest): SolverAnswer => {
    prebuilt ??= new Set(toolchainOf().rpms);
    for (const rpm of prebuilt) add(rpm);
    const own = new Set(local.flat());
    for (const rpm of own) add(rpm);
    const inBase = new Set(base);
    const taken = new Set<Rpm>([...prebuilt].filter(({ file }) => inBase.has(file)));
    const problems = new Set<string>();
    const asked = new Set<string>();
    const queue = install.flatMap(termsOf);
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (asked.has(next)) continue;
      asked.add(next);
      const wanted = next;
      const able = (providers.get(nameOf(wanted)) ?? []).filter(
        ({ rpm, provide }) => (own.has(rpm) || prebuilt?.has(rpm)) && isSatisfiedBy(wanted, provide),
      );
      const rpm = (able.find((one) => own.has(one.rpm)) ?? able[0])?.rpm;
      if (rpm === undefined) problems.add(`nothing provides ${wanted}`);
      else if (!taken.has(rpm)) {
        taken.add(rpm);
        queue.push(...rpm.requires.flatMap(termsOf));
      }
    }
    if (problems.size > 0) return { ok: false, problems: [...problems].sort(), missing: [] };
    const installed = [...taken].map((rpm) => {
      const origin = own.has(rpm) ? ('local' as const) : ('toolchain' as const);
      return { origin, file: rpm.file };
    });
    return { ok: true, installed: installed.sort((a, b) => (a.file < b.file ? -1 : 1)) };
  };
  let seconds = 0;
  return {
    solve: async (request) => {
      const started = threadSeconds();
      const found = answer(request);
      seconds += threadSeconds() - started;
      return found;
    },
    close: async () => {},
    seconds: () => seconds,
  };
}

function isMadeUp(file: string): boolean {
  return file.startsWith('/usr/share/') && file.includes('/part-');
}

/** Returns the seconds that the processor has worked for this thread. */
export function threadSeconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
}
