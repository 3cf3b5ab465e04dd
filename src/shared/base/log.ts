import type { Problem } from './problems.ts';

/** The log of a job. Everything that takes long receives it; nothing else writes to the terminal. */
export interface Log {
  info(message: string): void;
  /** Reports a problem that stops nothing. */
  warn(problem: Problem | string): void;
  /** Reports a problem that makes the run fail, when it happens. The run may go on for a while. */
  error(problem: Problem | string): void;
  /** Puts everything that `body` logs into a group with a title. Groups do not nest. */
  group<T>(title: string, body: () => Promise<T>): Promise<T>;
  /** Shows the state of long work in one line: drawn on a terminal; elsewhere logged after 30 seconds of silence. */
  progress(line: string): void;
}

/** Returns a log that keeps its lines, for tests and for callers that show nothing. */
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
