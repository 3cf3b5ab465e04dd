import { textDigest } from '../host/digests.ts';
import type { Rpm } from '../model/rpm.ts';
import { areStandIns, baseRpms, type Toolchain } from '../model/toolchain.ts';
import { installedRpms } from './installed.ts';
import type { AnswerMemory } from './saved-answers.ts';
import { facts, type Solver, type SolverAnswer, type SolverRequest, solverRecipe } from './solver.ts';

/**
 * SHA-256, in hex, over everything that can change the answer to a request: the solver's recipe, the toolchain, the
 * dependency tags, versions and paths of the local RPMs, and the request. The order of lists does not count.
 */
export function solverQuestion(
  { install, conflicts, base, onDemand = [], local }: SolverRequest,
  toolchain: Toolchain,
): string {
  const visible = visibleOnDemand(onDemand, toolchain).map(rpmDigest).sort();
  const lists = [unique(install), unique(conflicts), visible, local.map(rpmsDigest).sort()];
  const baseDigest = digestOnce(base, () => unique(base));
  return textDigest(
    JSON.stringify(['azl solver question 3', toolchainDigest(toolchain), baseDigest, ...lists]),
  );
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
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
function isOf(answer: SolverAnswer, request: SolverRequest, toolchain: Toolchain): boolean {
  return !answer.ok || installedRpms(answer.installed, request, toolchain) !== undefined;
}

/** Digests by object: many builds see the same RPMs, whose lists of files may be long. */
const digests = new WeakMap<object, string>();

function digestOnce(of: object, content: () => unknown): string {
  const digest = digests.get(of) ?? textDigest(JSON.stringify(content()));
  digests.set(of, digest);
  return digest;
}

function toolchainDigest(toolchain: Toolchain): string {
  return digestOnce(toolchain, () => [
    ...[solverRecipe, toolchain.arch, areStandIns(toolchain)],
    rpmsDigest(baseRpms(toolchain)),
  ]);
}

/** The RPMs on demand that a request may use: others of the toolchain cannot change its answer. */
function visibleOnDemand(files: readonly string[], { rpms }: Toolchain): Rpm[] {
  if (files.length === 0) return [];
  const visible = new Set(files);
  return rpms.filter(({ file }) => visible.has(file));
}

function rpmsDigest(rpms: readonly Rpm[]): string {
  return digestOnce(rpms, () => rpms.map(rpmDigest).sort());
}

function rpmDigest(rpm: Rpm): string {
  const sorted = (value: unknown) => (Array.isArray(value) && !isSorted(value) ? [...value].sort() : value);
  return digestOnce(rpm, () => Object.entries(facts(rpm)).map(([key, value]) => [key, sorted(value)]));
}

/** True for what a sort would not change, as the long lists of files are. */
function isSorted(texts: readonly string[]): boolean {
  return texts.every((text, at) => at === 0 || (texts[at - 1] as string) <= text);
}
