import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { asRoot, plainEnvironment, runTool, type ToolResult } from '../host/process.ts';
import { enterArguments, type SandboxOptions } from './arguments.ts';

/**
 * Runs `argv` in a root. It sees nothing of the host but `binds`. It has its own mount, process, IPC, host name and
 * network namespaces, with a loopback interface alone, an environment built from nothing, and an empty standard input.
 * Everything that it started ends with it, also when this process is killed.
 * @throws ToolError as `runTool` does; also with code 120 when a place to mount on is a link in the root
 */
export async function runInSandbox(argv: readonly string[], options: SandboxOptions): Promise<ToolResult> {
  const { root: _root, as: _as, cwd: _cwd, env: _env, binds: _binds, ...rest } = options;
  const { inner: _inner, tmpfs: _tmpfs, ...tool } = rest;
  return await runTool(enterArguments(argv, options), { ...tool, root: true });
}

/** Runs `argv` in the same sandbox on this terminal, for a person, and returns its exit code. */
export async function shellInSandbox(argv: readonly string[], options: SandboxOptions): Promise<number> {
  const interactive = { ...options, env: { ...options.env, TERM: process.env['TERM'] ?? 'dumb' } };
  const [command, ...args] = asRoot(enterArguments(argv, interactive), plainEnvironment);
  const child = spawn(command as string, args, { stdio: 'inherit', env: { ...plainEnvironment } });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}
