import type { Problem } from '../../base/problems.ts';

/** Adds a problem at a JSON path of the config. */
export type Report = (path: string, message: string, hint?: string) => void;

/** The problems found so far in a config. */
export class Findings {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly report: Report;
  readonly warn: Report;

  constructor(file: string) {
    this.report = (path, message, hint) => this.problems.push({ message, file, path, hint });
    this.warn = (path, message, hint) => this.warnings.push({ message, file, path, hint });
  }

  /** True if a problem is known at or below `path`. */
  hasProblem(path: string): boolean {
    return this.problems.some((one) => one.path?.startsWith(path));
  }
}
