import type { Problem } from '../../base/problems.ts';

/** Adds a problem at a JSON path of the config. */
export type Report = (path: string, message: string, hint?: string) => void;

/** The problems found so far in a config. */
export class Findings {
  readonly file: string;
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];

  constructor(file: string) {
    this.file = file;
  }

  readonly report: Report = (path, message, hint) => this.#add(this.problems, path, message, hint);
  readonly warn: Report = (path, message, hint) => this.#add(this.warnings, path, message, hint);

  /** True if a problem is known at or below `path`. */
  hasProblem(path: string): boolean {
    return this.problems.some((one) => one.path?.startsWith(path));
  }

  #add(to: Problem[], path: string, message: string, hint?: string): void {
    to.push({ message, file: this.file, path, ...(hint === undefined ? {} : { hint }) });
  }
}
