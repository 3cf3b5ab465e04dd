import { getExecOutput } from '@actions/exec';
import {
  asRoot,
  debugTool,
  plainEnvironment,
  ToolError,
  type ToolOptions,
  type ToolResult,
} from './process.ts';

interface ShortToolOptions extends Pick<ToolOptions, 'root' | 'cwd' | 'env' | 'ok'> {
  /** Bytes for standard input, of a tool that reads all of it. */
  input?: string | Buffer;
}

/**
 * Runs a tool that ends by itself within moments, such as one that prints a fact or writes a small file, and may read
 * standard input. Longer ones run through `runTool`, which can kill everything that a tool started.
 * @throws ToolError for an exit code that `ok` does not list
 */
export async function runShortTool(
  argv: readonly string[],
  options: ShortToolOptions = {},
): Promise<ToolResult> {
  return await debugTool(argv, () => run(argv, options));
}

async function run(argv: readonly string[], options: ShortToolOptions): Promise<ToolResult> {
  const env = { ...(options.env ?? plainEnvironment) };
  const [command, ...args] = options.root ? asRoot(argv, env) : argv;
  const output = await getExecOutput(quoted(command as string), args, {
    cwd: options.cwd ?? process.cwd(),
    env,
    ...(options.input === undefined ? {} : { input: Buffer.from(options.input) }),
    silent: true,
    ignoreReturnCode: true,
  });
  const result = { code: output.exitCode, stdout: output.stdout, stderr: output.stderr };
  if (options.ok !== 'any' && !(options.ok ?? [0]).includes(result.code)) throw new ToolError(argv, result);
  return result;
}

/** `@actions/exec` splits its first argument at spaces outside quotes. */
function quoted(command: string): string {
  return `"${command.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
