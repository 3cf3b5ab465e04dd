import { isDiskFull } from '../host/full-disk.ts';
import { ToolError } from '../host/process.ts';
import type { BuildContext } from './build-context.ts';

/** A build of a package that failed; its log tells more. */
export class BuildFailedError extends Error {
  readonly log: string;
  /** It was ended because the job has no more time: the stage that it was in did not fail. */
  readonly ranOutOfTime: boolean;

  constructor(message: string, log: string, ranOutOfTime = false) {
    super(message);
    this.log = log;
    this.ranOutOfTime = ranOutOfTime;
  }
}

/** The exit code of a tool that was ended by its deadline. */
const outOfTime = 124;

/** Handles a rejection: throws what `toError` makes of the error of a tool, and any other error as it is. */
export function onToolError(toError: (error: ToolError) => Error): (error: unknown) => never {
  return (error) => {
    throw error instanceof ToolError ? toError(error) : error;
  };
}

/** The error for a run of rpmbuild, which has `message` unless the job's time ran out. */
export function rpmbuildError(
  { code }: ToolError,
  message: string,
  { buildTime }: BuildContext,
  log: string,
): BuildFailedError {
  return code === outOfTime && buildTime !== undefined
    ? new BuildFailedError('its build did not end in the time that the job had left', log, true)
    : new BuildFailedError(message, log);
}

/** Makes errors for a helper of azl. Unlike a build, it is trusted when it reports a full disk. */
export function helperError(message: string): (error: ToolError) => Error {
  return (error) =>
    isDiskFull(error)
      ? error
      : new Error(`${message}: ${error.stderr.trim() || `it ended with ${error.code}`}`);
}
