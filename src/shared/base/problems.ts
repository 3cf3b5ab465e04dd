/** One thing that is wrong with what a user gave us, in words that say how to hint it. */
export interface Problem {
  /** The fault itself: names the input and the value; starts with no file name. */
  message: string;
  /** Where it stands: a path as the user wrote it. */
  file?: string;
  /** 1-based. */
  line?: number;
  /** 1-based. */
  column?: number;
  /** JSON path (`$.SystemConfigs[0].Hostname`) for files without useful line numbers. */
  path?: string;
  /** What to do about it: one sentence. */
  hint?: string;
}

/** `SPECS/foo/foo.spec:12: message. hint`: the one way a problem is written for people. */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  const where = [place, problem.path].filter((part) => part !== undefined && part !== '').join(' ');
  const message = where === '' ? problem.message : `${where}: ${problem.message}`;
  if (problem.hint === undefined) return message;
  return `${/[.!?]$/.test(message) ? message : `${message}.`} ${problem.hint}`;
}

/** Bad input: everything wrong with it at once. Reported without a stack trace. */
export class ProblemsError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.name = 'ProblemsError';
    this.problems = problems;
  }
}

/** Throws one {@link ProblemsError} with all of `problems`, or returns when there are none. */
export function failOnProblems(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ProblemsError(problems);
}

/** A {@link ProblemsError} of a single problem. */
export function problem(message: string, place: Omit<Problem, 'message'> = {}): ProblemsError {
  return new ProblemsError([{ message, ...place }]);
}
