import { order } from './order.ts';

/** One error in the input of a user. */
export interface Problem {
  /** The error: it names the input and the value, and does not begin with a file name. */
  message: string;
  /** The file that holds it: a path as the user wrote it. */
  file?: string;
  /** 1-based. */
  line?: number;
  /** 1-based. */
  column?: number;
  /** JSON path (`$.SystemConfigs[0].Hostname`) for files without useful line numbers. */
  path?: string;
  /** The remedy in one sentence. */
  hint?: string;
}

/** Returns a problem as text for people: `SPECS/foo/foo.spec:12: message. hint`. Pure. */
export function formatProblem(problem: Problem | string): string {
  if (typeof problem === 'string') return problem;
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  const where = [place, problem.path].filter((part) => part !== undefined && part !== '').join(' ');
  const message = where === '' ? problem.message : `${where}: ${problem.message}`;
  if (problem.hint === undefined) return message;
  return `${/[.!?]$/.test(message) ? message : `${message}.`} ${problem.hint}`;
}

/** Compares problems by file, then by line. Those without a file come first. Pure. */
export function byPlace(a: Problem, b: Problem): number {
  return order(a.file ?? '', b.file ?? '') || (a.line ?? 0) - (b.line ?? 0);
}

/** All problems of an input at once. They are reported without a stack trace. */
export class ProblemsError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

/** Throws a {@link ProblemsError} with all of `problems`, if there are any. */
export function failOnProblems(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ProblemsError(problems);
}

/** Returns a {@link ProblemsError} with a single problem. */
export function problem(message: string, place: Omit<Problem, 'message'> = {}): ProblemsError {
  return new ProblemsError([{ message, ...place }]);
}
