import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { lastLines } from '../base/last-lines.ts';

const supervisor = readFileSync(new URL('./supervise.sh', import.meta.url), 'utf8');

/** What every tool sees when the caller gives no environment: nothing of ours leaks into it. */
export const plainEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/nonexistent',
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
};

export interface ToolOptions {
  /** Run as root: directly when we are root, else through `sudo -n`. */
  root?: boolean;
  cwd?: string;
  /** The whole environment, nothing is inherited. Default: {@link plainEnvironment}. */
  env?: Readonly<Record<string, string>>;
  /** A file that receives standard output and standard error, in order, as they come. */
  log?: string;
  /** A file, written anew, that receives standard output instead of keeping it. */
  output?: string;
  /** Called with each complete line of standard output. */
  onLine?: (line: string) => void;
  /** Called with each chunk of standard output, instead of keeping it. */
  onData?: (chunk: Buffer) => void;
  /** Seconds until the tool and all it started are killed. */
  timeoutSeconds?: number;
  signal?: AbortSignal | undefined;
  /** Exit codes that are no error. Default: `[0]`. `any`: the caller looks. */
  ok?: readonly number[] | 'any';
}

export interface ToolResult {
  /** Exit code; 128 + n when signal n ended it, 124 when the time ran out. */
  code: number;
  stdout: string;
  stderr: string;
}

/** A tool that ended badly. The message is short; `stderr` holds the end of what it said. */
export class ToolError extends Error {
  readonly argv: readonly string[];
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;

  constructor(argv: readonly string[], result: ToolResult) {
    const said = lastLines(result.stderr, 6);
    super(
      `${argv.slice(0, 3).join(' ')}${argv.length > 3 ? ' …' : ''} ended with ${result.code}${said === '' ? '' : `:\n${said}`}`,
    );
    this.name = 'ToolError';
    this.argv = argv;
    this.code = result.code;
    this.stdout = result.stdout;
    this.stderr = result.stderr;
  }
}

/** What is kept of an output that nobody reads line by line: enough for any answer, too little to fill memory. */
const keepBytes = 64 * 1024 * 1024;
const running = new Set<ChildProcess>();

/** True when this process may do what root may without asking. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The argv that runs `argv` as root with exactly `env`. */
export function asRoot(argv: readonly string[], env: Readonly<Record<string, string>>): string[] {
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return isRoot() ? [...argv] : ['sudo', '-n', '--', 'env', '-i', ...assignments, ...argv];
}

/**
 * Runs a host tool to its end, together with everything it starts: when the call is aborted, times out, or this
 * process dies (by any signal, SIGKILL included), its whole process group is killed.
 * @throws ToolError when it ends with a code that `ok` does not list; an AbortError when `signal` aborts; what a listener
 *   threw, or the fault of a file that could not be written: the tool ends for it, too
 */
export async function runTool(argv: readonly string[], options: ToolOptions = {}): Promise<ToolResult> {
  options.signal?.throwIfAborted();
  const env = options.env ?? plainEnvironment;
  const supervised = ['/bin/sh', '-c', supervisor, 'azl', ...argv];
  const command = options.root ? asRoot(supervised, env) : supervised;
  const child = spawn(command[0] as string, command.slice(1), {
    cwd: options.cwd,
    env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.add(child);
  child.stdin?.on('error', () => {});
  const letGo = () => {
    child.stdin?.destroy();
  };
  let timedOut = false;
  const expire = () => {
    timedOut = true;
    letGo();
  };
  const timer = options.timeoutSeconds ? setTimeout(expire, options.timeoutSeconds * 1000) : undefined;
  options.signal?.addEventListener('abort', letGo, { once: true });

  let fault: unknown;
  const fail = (error: unknown) => {
    fault ??= error;
    letGo();
  };
  const log = fileSink(options.log, 'a', fail);
  const output = fileSink(options.output, 'w', fail);
  const stdout = collect(output === undefined ? options.onData : output.write, options.onLine);
  const stderr = collect();
  const receive = (kept: ReturnType<typeof collect>) => (chunk: Buffer) => {
    try {
      kept.push(chunk);
      log?.write(chunk);
    } catch (error) {
      fail(error);
    }
  };
  child.stdout?.on('data', receive(stdout));
  child.stderr?.on('data', receive(stderr));

  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode, signal) =>
        resolve(timedOut ? 124 : (exitCode ?? 128 + signalNumber(signal))),
      );
    });
    if (fault !== undefined) throw fault;
    await log?.end();
    await output?.end();
    const result = { code, stdout: stdout.text(), stderr: stderr.text() };
    options.signal?.throwIfAborted();
    if (options.ok !== 'any' && !(options.ok ?? [0]).includes(code)) throw new ToolError(argv, result);
    return result;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', letGo);
    letGo();
    log?.drop();
    output?.drop();
    running.delete(child);
  }
}

/** Lets go of every running tool; each kills its own process group. For the moment before this process ends. */
export function killRunningTools(): void {
  for (const child of running) child.stdin?.destroy();
}

function signalNumber(signal: NodeJS.Signals | null): number {
  const numbers: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };
  return (signal && numbers[signal]) ?? 9;
}

/** A file that chunks go to. Its faults are heard from the first moment: one that nobody listens to ends the process. */
function fileSink(path: string | undefined, flags: 'a' | 'w', fail: (error: unknown) => void) {
  if (path === undefined) return undefined;
  const stream = createWriteStream(path, { flags });
  stream.on('error', fail);
  return {
    write: (chunk: Buffer): void => {
      stream.write(chunk);
    },
    end: async () => {
      stream.end();
      await finished(stream);
    },
    drop: () => stream.destroy(),
  };
}

function collect(onData?: (chunk: Buffer) => void, onLine?: (line: string) => void) {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let rest = '';
  return {
    push(chunk: Buffer) {
      if (onData !== undefined) return onData(chunk);
      chunks.push(chunk);
      bytes += chunk.length;
      while (bytes > keepBytes && chunks.length > 1) bytes -= chunks.shift()?.length ?? 0;
      if (onLine === undefined) return;
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    },
    text() {
      if (rest !== '') onLine?.(rest);
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}
