import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { asRoot, plainEnvironment, type ToolResult } from '../host/process.ts';
import { enterArguments, type SandboxOptions } from './arguments.ts';
import { runWithin, type WritesTo } from './bounds.ts';
import { runHostTool } from './host-tool.ts';
import { limitsOf } from './limits.ts';

/**
 * Runs `argv` in a root. It sees nothing of the host but `binds`. It has its own mount, process, IPC, host name and
 * network namespaces, with a loopback interface alone, an environment built from nothing, and an empty standard input.
 * Everything that it started ends with it, also when this process is killed.
 * @throws LimitError when it used more than it may; ToolError as `runTool` does; also with code 120 when a place to mount on is a link in the root
 */
export async function runInSandbox(argv: readonly string[], options: SandboxOptions): Promise<ToolResult> {
  const { root: _root, as: _as, cwd: _cwd, env: _env, binds: _binds, ...rest } = options;
  const { inner: _inner, tmpfs: _tmpfs, devices: _devices, limits = limitsOf('host tool'), ...tool } = rest;
  return await runWithin(limits, enterArguments(argv, options), tool, writesTo(options.root));
}

/** Where a sandbox writes to the disk. What a stranger wrote is measured in a sandbox that sees only that. */
function writesTo(root: SandboxOptions['root']): WritesTo {
  const dir = 'tree' in root ? root.tree : join(root.overlay, 'upper');
  const measureDisk = async () => {
    const binds = [{ source: dir, target: '/measured' }];
    const argv = ['du', '--summarize', '--one-file-system', '--block-size=1', '/measured'];
    const { stdout } = await runHostTool(argv, { binds, as: 'root', ok: 'any', timeoutSeconds: 60 });
    return Number.parseInt(stdout, 10) || 0;
  };
  return { dir, measureDisk };
}

/** Runs `argv` in the same sandbox on this terminal, for a person, and returns its exit code. */
export async function shellInSandbox(argv: readonly string[], options: SandboxOptions): Promise<number> {
  const interactive = { ...options, env: { ...options.env, TERM: process.env['TERM'] ?? 'dumb' } };
  const [command, ...args] = asRoot(enterArguments(argv, interactive), plainEnvironment);
  const child = spawn(command as string, args, { stdio: 'inherit', env: { ...plainEnvironment } });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}
