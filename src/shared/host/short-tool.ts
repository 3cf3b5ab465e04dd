import { getExecOutput } from '@actions/exec';
import { asRoot, checkedTool, plainEnvironment, type ToolOptions, type ToolResult } from './process.ts';

interface ShortToolOptions extends Pick<ToolOptions, 'root' | 'cwd' | 'env' | 'ok'> {
  /** Bytes for standard input, of a tool that reads all of it. */
  input?: string | Buffer;
}

/**
 * Runs a tool that ends by itself within moments, such as one that prints a fact or writes a small file, and may read
 * standard input. Longer ones run through `runTool`, which can kill everything that a tool started: `@actions/exec`
 * starts no process group, writes no bounded log, and knows no signal. In turn, `runTool` holds the tool's life by its
 * standard input, and can pass nothing through it. Options, errors and the debug log are the same.
 * @throws ToolError for an exit code that `ok` does not list
 */
export async function runShortTool(
  argv: readonly string[],
  options: ShortToolOptions = {},
): Promise<ToolResult> {
  return await checkedTool(argv, options, () => run(argv, options));
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
  return { code: output.exitCode, stdout: output.stdout, stderr: output.stderr };
}

/** `@actions/exec` splits its first argument at spaces outside quotes. */
function quoted(command: string): string {
  return `"${command.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
