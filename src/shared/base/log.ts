import type { Problem } from './problems.ts';

/** Where work says what it does. Handed to everything that takes long; nothing else writes to the terminal. */
export interface Log {
  info(message: string): void;
  /** Something the user should know that stops nothing. */
  warn(problem: Problem | string): void;
  /** Something that makes this run fail, said where it happens; the run may go on for a while. */
  error(problem: Problem | string): void;
  /** Titles and folds what `body` logs. Groups do not nest. */
  group<T>(title: string, body: () => Promise<T>): Promise<T>;
  /**
   * The state of long work in one line. Call it as often as the state changes, and each second: on a terminal it
   * replaces the line before, elsewhere it becomes a sign of life when nothing was said for 30 seconds.
   */
  progress(line: string): void;
}

/** For tests and for callers that want quiet: keeps what was said. */
export function recordingLog(): Log & { lines: string[] } {
  const lines: string[] = [];
  const text = (problem: Problem | string) => (typeof problem === 'string' ? problem : problem.message);
  return {
    lines,
    info: (message) => lines.push(message),
    warn: (problem) => lines.push(`warning: ${text(problem)}`),
    error: (problem) => lines.push(`error: ${text(problem)}`),
    group: async (title, body) => {
      lines.push(title);
      return await body();
    },
    progress: () => {},
  };
}
