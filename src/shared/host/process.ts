import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, type WriteStream } from 'node:fs';
import { constants } from 'node:os';
import { debug, debugCall } from '../base/debug.ts';
import { lastLines } from '../base/last-lines.ts';
import { shellWord } from '../base/shell-word.ts';
import { inBytes, LimitError } from './limit-error.ts';
import { type Collector, collector, endSink, keptBytes, openSink } from './tool-output.ts';

const supervisor = readFileSync(new URL('./supervise.sh', import.meta.url), 'utf8');

/** The default environment of every tool: nothing of this process's environment is passed on. */
export const plainEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/nonexistent',
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
};

export interface ToolOptions {
  /** Run as root: directly when this process is root, else through `sudo -n`. */
  root?: boolean;
  cwd?: string;
  /** The whole environment, nothing is inherited. Default: {@link plainEnvironment}. */
  env?: Readonly<Record<string, string>>;
  /** Variables besides `env`, such as a proxy with its password. No argument holds them: other users may read those. */
  secretEnv?: Readonly<Record<string, string>>;
  /**
   * A file that standard output and standard error are appended to. They are one pipe then, so that their lines keep
   * their order, and {@link ToolResult.stdout} holds both.
   */
  log?: string;
  /** Bytes that this tool may add to its log. Beyond, the tool is killed, and the log's last line says so. */
  logBytes?: number | undefined;
  /** A file that receives standard output instead of {@link ToolResult.stdout}. It is replaced. */
  output?: string;
  /** Called with each complete line of standard output. */
  onLine?: (line: string) => void;
  /** Called with each chunk of standard output, which {@link ToolResult.stdout} then lacks. */
  onData?: (chunk: Buffer) => void;
  /** Seconds until the tool and everything it started are killed. */
  timeoutSeconds?: number;
  signal?: AbortSignal | undefined;
  /** Called with the running tool. */
  onStart?: (tool: RunningTool) => void;
  /** Exit codes that are no error, or `any`. Default: `[0]`. */
  ok?: readonly number[] | 'any';
}

export interface RunningTool {
  /** The process above all that the tool starts. */
  pid: number;
  /** Bytes that it has written to its log and its output file so far. */
  written(): number;
  /** Kills the tool and everything it started; its call then throws `error`. */
  end(error: Error): void;
}

export interface ToolResult {
  /** The exit code; 128 + n when signal n ended the tool, 124 when the time ran out. */
  code: number;
  stdout: string;
  stderr: string;
}

/** A tool that failed. The message has the last lines of its standard error. */
export class ToolError extends Error {
  readonly argv: readonly string[];
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;

  constructor(argv: readonly string[], result: ToolResult) {
    const end = lastLines(result.stderr, 6);
    const command = `${argv.slice(0, 3).join(' ')}${argv.length > 3 ? ' …' : ''}`;
    super(`${command} ended with ${result.code}${end === '' ? '' : `:\n${end}`}`);
    this.name = 'ToolError';
    this.argv = argv;
    this.code = result.code;
    this.stdout = result.stdout;
    this.stderr = result.stderr;
  }
}

const running = new Set<ChildProcess>();

/** Bytes that wait in the pipe and the socket of a tool at most: what it had written before it was ended, and nobody had read. */
const unreadBytes = 512 * 1024;

/** True when this process is root. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Returns the command that runs `argv` as root with exactly the environment `env`. */
export function asRoot(argv: readonly string[], env: Readonly<Record<string, string>>): string[] {
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return isRoot() ? [...argv] : ['sudo', '-n', '--', 'env', '-i', ...assignments, ...argv];
}

/**
 * Runs a tool of the host to its end, and writes its command line and exit code to the debug log. Its whole process group
 * is killed when the call is aborted or times out, and when this process dies, also by SIGKILL.
 * @throws ToolError for an exit code that `ok` does not list; an AbortError when `signal` aborts; the error of a listener
 *   or of a file that could not be written, which kills the tool, too
 */
export async function runTool(argv: readonly string[], options: ToolOptions = {}): Promise<ToolResult> {
  return await checkedTool(argv, options, () => runSupervised(argv, options));
}

/** Runs a command between its two messages in the debug log. @throws ToolError for an exit code that `ok` does not list */
export async function checkedTool(
  argv: readonly string[],
  { ok = [0] }: Pick<ToolOptions, 'ok'>,
  run: () => Promise<ToolResult>,
): Promise<ToolResult> {
  debug(() => `$ ${argv.map(shellWord).join(' ')}`);
  const name = () => argv[0] as string;
  const result = await debugCall(name, run, ({ code }) => `exit code ${code}`);
  if (ok !== 'any' && !ok.includes(result.code)) throw new ToolError(argv, result);
  return result;
}

async function runSupervised(argv: readonly string[], options: ToolOptions): Promise<ToolResult> {
  const { signal } = options;
  signal?.throwIfAborted();
  const child = startTool(argv, options);
  let hasTimedOut = false;
  let error: unknown;
  const kill = () => {
    child.stdin?.destroy();
    // An output that waits for its file would never end.
    for (const stream of [child.stdout, child.stderr]) stream?.resume();
  };
  const expire = () => {
    hasTimedOut = true;
    kill();
  };
  const fail = (cause: unknown) => {
    error ??= cause;
    kill();
  };
  const timer = options.timeoutSeconds ? setTimeout(expire, options.timeoutSeconds * 1000) : undefined;
  signal?.addEventListener('abort', kill, { once: true });
  const log = options.log === undefined ? undefined : openSink(options.log, 'a', fail);
  const output = options.output === undefined ? undefined : openSink(options.output, 'w', fail);
  const stdout = collector({
    onData: output ? (chunk) => void output.write(chunk) : options.onData,
    onLine: options.onLine,
    keep: log === undefined ? keptBytes.answer : keptBytes.logged,
  });
  const stderr = collector({ keep: keptBytes.logged });
  const toLog = log === undefined ? undefined : boundedLog(log, options.logBytes, fail);
  const flow = backpressure(child, [log, output], () => error !== undefined);
  let unread = unreadBytes;
  const receive = (collected: Collector) => (data: Buffer) => {
    try {
      // What led to a limit may still wait here. What a tool writes beyond that, while it is being killed, is dropped.
      const chunk = error === undefined ? data : data.subarray(0, error instanceof LimitError ? unread : 0);
      if (error !== undefined) unread -= chunk.length;
      if (chunk.length === 0) return;
      collected.push(chunk);
      toLog?.(chunk);
      flow();
    } catch (cause) {
      fail(cause);
    }
  };
  child.stdout?.on('data', receive(stdout));
  child.stderr?.on('data', receive(stderr));
  try {
    const written = () => (log?.bytesWritten ?? 0) + (output?.bytesWritten ?? 0);
    options.onStart?.({ pid: child.pid ?? 0, written, end: fail });
    const exitCode = await exitCodeOf(child);
    if (error !== undefined) {
      if (error instanceof LimitError && log !== undefined) await endLog(log, error);
      throw error;
    }
    for (const sink of [log, output]) if (sink) await endSink(sink);
    const code = hasTimedOut ? 124 : exitCode;
    const result = { code, stdout: stdout.text(), stderr: stderr.text() };
    signal?.throwIfAborted();
    return result;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
    kill();
    log?.destroy();
    output?.destroy();
    running.delete(child);
  }
}

/** Says at the end of a log why its tool was ended. A log that cannot be written is no further error. */
async function endLog(log: WriteStream, error: LimitError): Promise<void> {
  log.write(`\nazl: ended: it ${error.message}\n`);
  await endSink(log).catch(() => {});
}

/** Writes chunks to a log, up to its limit; then the tool fails. */
function boundedLog(log: WriteStream, limit = Number.POSITIVE_INFINITY, fail: (cause: unknown) => void) {
  let left = limit;
  return (chunk: Buffer) => {
    if (left < 0) return;
    log.write(chunk.length > left ? chunk.subarray(0, left) : chunk);
    left -= chunk.length;
    if (left >= 0) return;
    fail(new LimitError('log', `wrote more than ${inBytes(limit)} to its log`));
  };
}

/**
 * Returns a function that makes a tool wait while a file that receives its output is behind, so that nothing piles up
 * here.
 */
function backpressure(
  child: ChildProcess,
  files: readonly (WriteStream | undefined)[],
  isOver: () => boolean,
) {
  const sinks = files.filter((file) => file !== undefined);
  const streams = [child.stdout, child.stderr];
  const isBehind = () => sinks.some((sink) => sink.writableNeedDrain);
  const resume = () => {
    if (!isBehind()) for (const stream of streams) stream?.resume();
  };
  for (const sink of sinks) sink.on('drain', resume);
  return () => {
    if (isBehind() && !isOver()) for (const stream of streams) stream?.pause();
  };
}

/** Kills all running tools with their process groups. Called before this process ends. */
export function killRunningTools(): void {
  for (const child of running) child.stdin?.destroy();
}

/** Starts a tool under `supervise.sh`, which kills the process group when the tool's standard input is closed here. */
function startTool(argv: readonly string[], options: ToolOptions): ChildProcess {
  const env = options.env ?? plainEnvironment;
  const outputs = options.log === undefined ? 'apart' : 'together';
  const secrets = Object.entries(options.secretEnv ?? {}).map(([name, value]) => `${name}=${value}\n`);
  const supervised = ['/bin/sh', '-c', supervisor, 'azl', outputs, String(secrets.length), ...argv];
  const [command, ...args] = options.root ? asRoot(supervised, env) : supervised;
  const child = spawn(command as string, args, { cwd: options.cwd, env, detached: true });
  running.add(child);
  child.stdin?.on('error', () => {});
  if (secrets.length > 0) child.stdin?.write(secrets.join(''));
  return child;
}

/** Returns the exit code; 128 + n when signal n ended the process. */
async function exitCodeOf(child: ChildProcess): Promise<number> {
  return await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  });
}
