import { order } from '../../base/order.ts';
import { digest, list, object, text } from '../../base/schema.ts';
import { rpmFilePattern } from '../../base/untrusted.ts';
import type { Answers } from '../../solver/saved-answers.ts';
import { mostInstalled, type SolverAnswer } from '../../solver/solver.ts';

type Installed = Extract<SolverAnswer, { ok: true }>['installed'];

/** An answer of the solver, as its difference from the base of the question: the worker's RPMs. By file name. */
export interface SharedAnswer {
  question: string;
  /** RPMs of the base that are not in the answer. */
  without: string[];
  /** Further RPMs, by their origin. */
  toolchain: string[];
  local: string[];
}

const files = list(text(255, rpmFilePattern), mostInstalled);

export const sharedAnswerSchema = object<SharedAnswer>({
  question: digest,
  ...{ without: files, toolchain: files, local: files },
});

/** Characters of the answers in a heartbeat, about. The answers found last count: others already know the earlier ones. */
const mostCharacters = 2_000_000;

/** Writes answers for other jobs. Refusals are left out: they are rare, and found soon. Pure. */
export function shareAnswers(answers: Answers, base: readonly string[]): SharedAnswer[] {
  const shared: SharedAnswer[] = [];
  let characters = 0;
  for (const [question, answer] of [...answers].reverse()) {
    if (!answer.ok) continue;
    const one = differenceOf(question, answer.installed, base);
    characters += JSON.stringify(one).length;
    if (characters > mostCharacters) break;
    shared.push(one);
  }
  return shared.reverse();
}

function differenceOf(question: string, installed: Installed, base: readonly string[]): SharedAnswer {
  const of = (origin: string) => installed.flatMap((one) => (one.origin === origin ? [one.file] : []));
  const toolchain = new Set(of('toolchain'));
  const inBase = new Set(base);
  return {
    question,
    without: [...inBase].filter((file) => !toolchain.has(file)),
    toolchain: [...toolchain].filter((file) => !inBase.has(file)),
    local: of('local'),
  };
}

/** Returns the answers of another job to questions that are not known yet. Pure. */
export function readAnswers(
  shared: readonly SharedAnswer[],
  base: readonly string[],
  isKnown: (question: string) => boolean,
): Answers {
  const found = shared.filter(({ question }) => !isKnown(question));
  return new Map(found.map((one) => [one.question, { ok: true, installed: installedOf(one, base) }]));
}

function installedOf({ without, toolchain, local }: SharedAnswer, base: readonly string[]): Installed {
  const left = new Set(base);
  for (const file of without) left.delete(file);
  for (const file of toolchain) left.add(file);
  const installed: Installed = [
    ...[...new Set(local)].map((file) => ({ origin: 'local' as const, file })),
    ...[...left].map((file) => ({ origin: 'toolchain' as const, file })),
  ];
  // As the solver writes it: by file, then by origin.
  return installed.sort((a, b) => order(a.file, b.file) || order(a.origin, b.origin));
}
