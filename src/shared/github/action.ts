import { setMaxListeners } from 'node:events';
import { debug } from '../base/debug.ts';
import type { Log } from '../base/log.ts';
import { failOnProblems, formatProblem, type Problem, ProblemsError } from '../base/problems.ts';
import { placeFinder } from '../host/find-places.ts';
import { flushOutput } from '../host/flush-output.ts';
import { isDiskFull } from '../host/full-disk.ts';
import { LimitError } from '../host/limit-error.ts';
import type { Need } from '../host/needs.ts';
import { ensureCommands } from '../host/packages.ts';
import { killRunningTools, ToolError } from '../host/process.ts';
import { proxyProblems, unifyProxies } from '../host/proxies.ts';
import { rightsProblem } from '../host/rights.ts';
import { readSystem, systemProblem } from '../host/system.ts';
import { type JobReport, writeReport } from './job-report.ts';
import { actionLog } from './log.ts';
import { missingServices } from './run.ts';

/** The log of an action's body, and its cancellation. */
export interface ActionContext {
  log: Log;
  /** Aborts when the job is cancelled or Ctrl-C is pressed. */
  signal: AbortSignal;
}

/** Ends the action as failed without another message: the log has all errors already. */
export class AlreadyReportedError extends Error {}

/**
 * Runs the body of an action once the host has the commands that it needs, and writes its report. Every error becomes one
 * message and exit code 1. A signal ends the body in order, with exit code 130. No process that was started outlives the action.
 * @param onFailure receives the error's message, for other jobs
 */
export async function runAction(
  commands: readonly Need[],
  body: (context: ActionContext) => Promise<JobReport>,
  onFailure: (message: string) => void = () => {},
): Promise<void> {
  // Users without rights read the files that azl writes, and packages and images hold them: the caller's mask must not count.
  process.umask(0o022);
  const live = Number.parseInt(process.env['AZL_PROGRESS_FD'] ?? '', 10);
  const log = actionLog(Number.isNaN(live) ? undefined : live);
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // one for each tool that runs
  const parent = process.ppid;
  const orphanWatch = setInterval(() => {
    if (process.ppid !== parent) stop.abort();
  }, 1000).unref();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  // Who reads the output is gone, and with it the job. An error of a stream that nobody handles would be reported on it.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => stop.abort());
  // Node would print it as it is, with whatever a stranger's text in it does to a terminal or the runner.
  process.on('uncaughtException', (error) => {
    for (const one of problemsOf(error)) log.error(one);
    killRunningTools();
    void flushOutput().then(() => process.exit(1));
  });
  try {
    failOnProblems(proxyProblems(process.env));
    for (const warning of unifyProxies(process.env)) log.warn(warning);
    if (commands.length > 0) await checkMachine(log, stop.signal);
    await ensureCommands(commands, log, stop.signal);
    await writeReport(await body({ log, signal: stop.signal }));
  } catch (error) {
    process.exitCode = stop.signal.aborted ? 130 : 1;
    if (stop.signal.aborted) {
      log.info('Stopped. Finished work is kept; the same command goes on from there.');
      onFailure('It was stopped.');
    } else {
      for (const one of problemsOf(error)) log.error(one);
      onFailure(messageOf(error));
    }
  } finally {
    clearInterval(orphanWatch);
    log.end();
    killRunningTools();
  }
  await flushOutput();
  process.exit(process.exitCode ?? 0);
}

/** Checks what no package brings, before one is installed. @throws ProblemsError */
async function checkMachine(log: Log, signal: AbortSignal): Promise<void> {
  const wrong = systemProblem(readSystem()) ?? (await rightsProblem(signal));
  if (wrong !== undefined) throw new ProblemsError([wrong]);
  const services = missingServices(process.env);
  if (services !== undefined) log.warn(services);
}

/** Describes the error of an action for other jobs. */
function messageOf(error: unknown): string {
  if (error instanceof AlreadyReportedError) return error.message;
  return problemsOf(error).map(placeFinder()).map(formatProblem).join('\n');
}

/** Returns what people read of an error; nothing of one that was reported. */
export function problemsOf(error: unknown): readonly (Problem | string)[] {
  if (error instanceof AlreadyReportedError) return [];
  if (error instanceof ProblemsError) return error.problems;
  if (isDiskFull(error))
    return [
      'The disk is full. Free some space (`df -h`), then run the same command again: finished work is kept.',
    ];
  if (error instanceof ToolError) return [error.message];
  if (error instanceof LimitError) return [`A step of the work ${error.message}`];
  if (error instanceof Error) debug(() => error.stack ?? '');
  const code = (error as NodeJS.ErrnoException)?.code;
  const message = error instanceof Error ? error.message : String(error);
  return [
    code === undefined ? `${message} (an error in azl itself; please report it with the debug log)` : message,
  ];
}
