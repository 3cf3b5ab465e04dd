import { textDigest } from '../host/digests.ts';
import type { Rpm } from '../model/rpm.ts';
import { areStandIns, type Toolchain } from '../model/toolchain.ts';
import { facts, type Solver, type SolverAnswer, type SolverRequest, solverRecipe } from './solver.ts';

/** A memory of answers, by {@link solverQuestion}. */
export interface AnswerMemory {
  get(question: string): SolverAnswer | undefined;
  set(question: string, answer: SolverAnswer): void;
}

const toolchainDigests = new WeakMap<Toolchain, string>();
/** Many builds see the same RPM, and its list of files may be long. */
const rpmDigests = new WeakMap<Rpm, string>();

/**
 * SHA-256, in hex, over everything that can change the answer to a request: the solver's recipe, the toolchain, the
 * dependency tags, versions and paths of the local RPMs, and the request. The order of lists does not count.
 */
export function solverQuestion(request: SolverRequest, toolchain: Toolchain): string {
  const local = request.local.map(rpmDigest);
  return textDigest(
    JSON.stringify([
      'azl solver question 1',
      toolchainDigest(toolchain),
      [...new Set(request.install)].sort(),
      [...new Set(request.base)].sort(),
      local.sort(),
    ]),
  );
}

/** A solver that answers from `memory`, and starts the real one for the first question that is not there. */
export function rememberingSolver(
  toolchain: Toolchain,
  start: (toolchain: Toolchain) => Promise<Solver>,
  memory: AnswerMemory,
): Solver {
  let started: Promise<Solver> | undefined;
  return {
    solve: async (request) => {
      const question = solverQuestion(request, toolchain);
      const known = memory.get(question);
      if (known !== undefined && isOf(known, request, toolchain)) return known;
      started ??= start(toolchain);
      const answer = await (await started).solve(request);
      memory.set(question, answer);
      return answer;
    },
    close: async () => {
      await (await started)?.close();
    },
  };
}

/** True if all files that an answer names exist: it may come from another run. */
function isOf(answer: SolverAnswer, { local }: SolverRequest, { rpms }: Toolchain): boolean {
  if (!answer.ok) return true;
  const files = {
    local: new Set(local.map(({ file }) => file)),
    toolchain: new Set(rpms.map(({ file }) => file)),
  };
  return answer.installed.every(({ origin, file }) => files[origin].has(file));
}

function toolchainDigest(toolchain: Toolchain): string {
  const known = toolchainDigests.get(toolchain);
  if (known !== undefined) return known;
  const rpms = toolchain.rpms.map(rpmDigest);
  const parts = [solverRecipe, toolchain.arch, areStandIns(toolchain), rpms.sort()];
  const digest = textDigest(JSON.stringify(parts));
  toolchainDigests.set(toolchain, digest);
  return digest;
}

function rpmDigest(rpm: Rpm): string {
  const known = rpmDigests.get(rpm);
  if (known !== undefined) return known;
  const digest = textDigest(JSON.stringify(sortedFacts(facts(rpm))));
  rpmDigests.set(rpm, digest);
  return digest;
}

function sortedFacts(one: ReturnType<typeof facts>): unknown {
  return Object.entries(one).map(([key, value]) => [key, Array.isArray(value) ? [...value].sort() : value]);
}
