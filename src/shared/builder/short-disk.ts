import { diskFull, fullDiskMessage, isDiskFull, lacksReserve, ranOutOfSpace } from '../host/full-disk.ts';
import { LimitError } from '../host/limit-error.ts';
import type { BuildContext } from './build-context.ts';
import { BuildFailedError } from './build-failed.ts';
import { logEnd } from './log-failure.ts';

type Inputs = BuildContext['inputs'];

/** When a build last met a full disk, by run, by the clock of this process. */
const lastMet = new WeakMap<Inputs, number>();

/** True if a build failed for want of disk: it was ended for that, or met a full disk. */
export async function failedForSpace({ inputs }: BuildContext, failure: unknown): Promise<boolean> {
  if (isDiskFull(failure) || isEndedForSpace(failure)) return true;
  if (!(failure instanceof BuildFailedError)) return false;
  return await ranOutOfSpace(`${failure.message}\n${await logEnd(failure.log)}`, inputs.buildDir);
}

function isEndedForSpace(failure: unknown): boolean {
  const error = failure instanceof BuildFailedError ? failure.cause : failure;
  return error instanceof LimitError && error.limit === 'disk';
}

/**
 * True if a build reports a full disk, and one beside it was the cause: that one failed for it since this one started.
 * @param since by the clock of this process
 */
export async function wasCrowdedOut(
  { inputs }: BuildContext,
  failure: unknown,
  since: number,
): Promise<boolean> {
  if ((lastMet.get(inputs) ?? Number.NEGATIVE_INFINITY) < since || isEndedForSpace(failure)) return false;
  if (isDiskFull(failure)) return true;
  return failure instanceof BuildFailedError && fullDiskMessage.test(await logEnd(failure.log));
}

/**
 * Decides whose failure a full disk is, when the files of the build that met it are gone: the build's own, if enough is
 * free without it.
 * @returns the error to throw; one that {@link isDiskFull} knows ends the run
 */
export async function errorOfFullDisk(
  { inputs }: BuildContext,
  failure: unknown,
  log: string,
): Promise<Error> {
  lastMet.set(inputs, performance.now());
  if (await lacksReserve([inputs.buildDir, inputs.cacheDir]))
    return isDiskFull(failure) ? (failure as Error) : diskFull();
  if (isEndedForSpace(failure)) return failure as Error;
  const message = 'it filled the disk: without its files, enough is free';
  return new BuildFailedError(message, log, false, diskFull());
}
