import { lstatSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ToolResult } from '../host/process.ts';
import { builder, confine, enterCommand, memoryFolder, mounts, type SandboxOptions } from './arguments.ts';
import { runWithin } from './bounds.ts';
import { lendDevice } from './lend-device.ts';
import { limitsOf } from './limits.ts';

/** The host's folders of programs and libraries: links into /usr, on a system of today. */
const programFolders = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

export interface HostToolOptions extends Omit<SandboxOptions, 'root' | 'inner'> {
  /** A folder whose disk is watched meanwhile. Default: that of the first bind that it can write. */
  writesTo?: string;
}

/**
 * Runs a tool of the host over what strangers wrote. It sees the host's programs, read-only, and nothing else of the host
 * but `binds`; it is confined as everything in a sandbox is. Its `/` is empty and lies in memory.
 * @throws LimitError when it used more than it may; ToolError as `runTool` does
 */
export async function runHostTool(argv: readonly string[], options: HostToolOptions): Promise<ToolResult> {
  const { as: _as, cwd: _cwd, env: _env, binds = [], writesTo, ...rest } = options;
  const { tmpfs: _tmpfs, devices: _devices, limits = limitsOf('host tool'), ...tool } = rest;
  const dir = writesTo ?? binds.find(({ writable }) => writable)?.source;
  return await runWithin(limits, hostToolArguments(argv, options), tool, { dir });
}

/** Returns the whole command, for root on the host, that runs a tool of the host. */
export function hostToolArguments(argv: readonly string[], options: HostToolOptions): string[] {
  const confined = confine(argv, options);
  const command = enterCommand(['', '', ''], [], {
    ...confined,
    options: [
      ...[...memoryFolder('/'), '--ro-bind', '/usr', '/usr', ...programFolders.flatMap(programFolder)],
      ...['--perms', '0755', '--dir', '/etc', '--ro-bind-try', '/etc/alternatives', '/etc/alternatives'],
      ...['--perms', '1777', '--dir', '/tmp'],
      // bubblewrap would make them for root alone.
      ...[...new Set(options.binds?.map(({ target }) => dirname(target)))].flatMap((folder) =>
        folder === '/' ? [] : ['--perms', '0755', '--dir', folder],
      ),
      ...mounts(options),
      ...confined.options,
    ],
  });
  const { devices = [] } = options;
  return devices.reduce((inner, device) => lendDevice(inner, device, builder), command);
}

function programFolder(path: string): string[] {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  return found.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
}
