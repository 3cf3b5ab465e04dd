import { ProblemsError } from '../base/problems.ts';
import { isDiskFull } from '../host/full-disk.ts';
import { LimitError } from '../host/limit-error.ts';
import { ToolError } from '../host/process.ts';
import type { FailureKind } from '../model/outcome.ts';
import type { BuildContext } from './build-context.ts';

/** A build of a package that failed; its log tells more. */
export class BuildFailedError extends Error {
  readonly log: string;
  /** It was ended because the job has no more time: the stage that it was in did not fail. */
  readonly ranOutOfTime: boolean;

  constructor(message: string, log: string, ranOutOfTime = false, cause?: unknown) {
    super(message, { cause });
    this.log = log;
    this.ranOutOfTime = ranOutOfTime;
  }

  /** The message of the limit or the full disk that ended it; undefined when it ended by itself. */
  get endedBy(): string | undefined {
    const { cause } = this;
    return cause instanceof LimitError || isDiskFull(cause) ? (cause as Error).message : undefined;
  }
}

/** Returns the kind of what a build threw; undefined for an error of azl itself. Pure. */
export function kindOfError(error: unknown): FailureKind | undefined {
  if (error instanceof ProblemsError) return 'input';
  if (error instanceof LimitError) return error.limit;
  if (!(error instanceof BuildFailedError)) return undefined;
  if (error.ranOutOfTime) return 'time-budget';
  return error.cause instanceof LimitError ? error.cause.limit : 'build';
}

/** The exit code of a tool that was ended by its deadline. */
const outOfTime = 124;

/** Handles the rejection of a run of rpmbuild: throws an error with `message`, unless the job's time ran out. */
export function onRpmbuildError(message: (code: number) => string, { buildTime }: BuildContext, log: string) {
  return (error: unknown): never => {
    if (error instanceof LimitError)
      throw new BuildFailedError(`rpmbuild ${error.message}`, log, false, error);
    if (!(error instanceof ToolError)) throw error;
    if (error.code === outOfTime && buildTime !== undefined)
      throw new BuildFailedError('its build did not end in the time that the job had left', log, true);
    throw new BuildFailedError(message(error.code), log);
  };
}

/** Handles the rejection of a step that was ended at a limit: throws an error that names the step and the limit. */
export function onLimit(subject: string) {
  return (error: unknown): never => {
    if (error instanceof LimitError) throw error.of(subject);
    throw error;
  };
}

/** Handles the rejection of a helper of azl. Unlike a build, it is trusted when it reports a full disk. */
export function onHelperError(message: string) {
  return (error: unknown): never => {
    if (!(error instanceof ToolError) || isDiskFull(error)) throw error;
    throw new Error(`${message}: ${error.stderr.trim() || `it ended with ${error.code}`}`);
  };
}
