import { open } from 'node:fs/promises';
import type { Log } from '../../base/log.ts';
import { ProblemsError } from '../../base/problems.ts';
import { inBytes, LimitError } from '../../host/limit-error.ts';
import type { ToolOptions, ToolResult } from '../../host/process.ts';
import { consoleEnd, deadEnd } from './dead-ends.ts';
import { followFile, lineSplitter } from './follow-file.ts';
import { neverStarted, readReport } from './verdict.ts';

/** Milliseconds between two reads of the console. */
const readInterval = 500;

/** Lines of the report that are kept: more than a hundred failed units have. */
const mostReport = 4000;

export interface MachineOptions {
  /** The file that the machine's first serial line is written to. */
  console: string;
  /** Receives the console's bytes while the machine runs. */
  serialLog: string;
  /** Bytes of the console that are kept. A machine may print for ever; it is stopped then. Default: 64 MiB. */
  mostConsole?: number;
  log: Log;
  /** Seconds until the system must be up. */
  timeoutSeconds: number;
  signal?: AbortSignal | undefined;
}

/** Starts a machine, whose second serial line goes to `onData`. */
export type Start = (run: Pick<ToolOptions, 'onData' | 'timeoutSeconds' | 'signal'>) => Promise<ToolResult>;

/** Runs a machine until it stops, its time is up, or its console shows a dead end. */
export async function runMachine(start: Start, options: MachineOptions) {
  const { signal, timeoutSeconds } = options;
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const stop = new AbortController();
  const console = await openConsole(options, seconds);
  let readError: unknown;
  const look = () =>
    console.read().then(
      () => {
        if (console.deadBy() !== undefined) stop.abort();
      },
      (error: unknown) => {
        readError = error;
        stop.abort();
      },
    );
  const timer = setInterval(look, readInterval);
  const lines: string[] = [];
  let timedOut = false;
  let reached: string | undefined;
  try {
    // The rest of a long line is a text of the guest's programs, and must not be read as a line of the report.
    const split = lineSplitter((line, isRest) => !isRest && lines.length < mostReport && lines.push(line));
    const { code, stderr } = await start({
      timeoutSeconds,
      signal: AbortSignal.any([stop.signal, ...(signal === undefined ? [] : [signal])]),
      onData: (chunk) => {
        console.spoke();
        split(chunk);
      },
    });
    timedOut = code === 124;
    if (code !== 0 && !timedOut && lines.length === 0 && (await console.read()) === 0)
      throw new ProblemsError([neverStarted(code, stderr)]);
  } catch (error) {
    if (error instanceof LimitError) reached = `it ${error.message}`;
    else if (!stop.signal.aborted) throw error;
  } finally {
    clearInterval(timer);
    await console.close();
  }
  signal?.throwIfAborted();
  if (readError !== undefined) throw readError;
  return { report: readReport(lines), seconds: seconds(), timedOut, deadBy: console.deadBy() ?? reached };
}

/** Opens a console, which goes to the serial log, and whose last line is shown as the progress. */
async function openConsole(options: MachineOptions, seconds: () => number) {
  const { console, serialLog, log, timeoutSeconds, mostConsole = 64 * 1024 * 1024 } = options;
  const tooMuch = `it printed more than ${inBytes(mostConsole)} on its console`;
  let deadBy: string | undefined;
  let spokeAt = 0;
  let bytesSoFar = 0;
  const kept = await open(serialLog, 'w');
  const tail = consoleEnd();
  const follow = followFile(console, mostConsole, tail.add, (chunk) => kept.write(chunk));
  const read = async (idle = () => seconds() - spokeAt): Promise<number> => {
    const { bytes, unfinished } = await follow();
    if (bytes > bytesSoFar) spokeAt = seconds();
    bytesSoFar = bytes;
    const end = tail.with(unfinished);
    deadBy ??= deadEnd(end, idle());
    const time = `${Math.round(seconds())} of ${timeoutSeconds} s`;
    log.progress([`boot test ${time}`, ...end.lines.slice(-1)].join(' · ').slice(0, 120));
    if (bytes >= mostConsole && deadBy !== tooMuch) {
      deadBy = tooMuch;
      await kept.write(`\nazl: ${tooMuch}; what follows is not here.\n`);
    }
    return bytes;
  };
  return {
    /** Reads what came since the last time. Returns the number of bytes so far. */
    read,
    deadBy: () => deadBy,
    /** A machine that reports has not stopped, whatever its console says. */
    spoke: () => {
      spokeAt = seconds();
    },
    /** Reads the rest of a machine that has ended, which cannot go on after any dead end. */
    close: async () => {
      await read(() => Number.POSITIVE_INFINITY).finally(() => kept.close());
    },
  };
}
