import { counted } from '../base/counted.ts';
import { LimitError } from '../host/limit-error.ts';
import { runTool, type ToolOptions, type ToolResult } from '../host/process.ts';
import type { Limits } from '../model/limits.ts';
import { type ControlGroup, enterGroup, groupUsage, newGroup, removeGroup } from './control-group.ts';
import { limitError, watch } from './watch.ts';
import type { Watched } from './watched.ts';

/** Where a sandbox writes to the disk, and how that is measured. */
export type WritesTo = Partial<Pick<Watched, 'dir' | 'measureDisk'>>;

/**
 * Runs the command of a sandbox, as root, within limits. Where it has a control group, the kernel holds those of memory
 * and processes, or of processes alone; what it does not hold, this process looks at four times a second.
 * @throws LimitError when it reached a limit and was ended, or failed of it; ToolError as `runTool` does
 */
export async function runWithin(
  limits: Limits,
  command: readonly string[],
  tool: ToolOptions,
  writesTo: WritesTo = {},
): Promise<ToolResult> {
  const group = await newGroup();
  const argv = group === undefined ? command : enterGroup(group, limits, command);
  let stop = () => {};
  const onStart: ToolOptions['onStart'] = (running) => {
    const { seconds } = limits;
    const overdue = new LimitError('seconds', `did not end within ${inTime(seconds)}`);
    const timer = setTimeout(() => running.end(overdue), seconds * 1000);
    const { dir, measureDisk } = writesTo;
    const unwatch = watch({ ...running, limits, group, dir, measureDisk });
    stop = () => {
      clearTimeout(timer);
      unwatch();
    };
    tool.onStart?.(running);
  };
  try {
    const result = await runTool(argv, { ...tool, root: true, logBytes: limits.log, onStart });
    if (result.code !== 0) await throwReached(group, limits);
    return result;
  } catch (error) {
    if (!(error instanceof LimitError)) await throwReached(group, limits);
    throw error;
  } finally {
    stop();
    if (group !== undefined) await removeGroup(group);
  }
}

/** The kernel ends a group, or refuses it processes, before anybody looks. @throws LimitError if it did */
async function throwReached(group: ControlGroup | undefined, limits: Limits): Promise<void> {
  const reached = group === undefined ? undefined : (await groupUsage(group))?.reached;
  if (reached !== undefined) throw limitError(reached, limits);
}

/** Returns seconds for people: `90 seconds`, `30 minutes`, `2.5 hours`. Pure. */
export function inTime(seconds: number): string {
  const number = (count: number) => String(Math.round(count * 10) / 10);
  if (seconds <= 120) return counted(seconds, 'second');
  return seconds < 7200 ? `${number(seconds / 60)} minutes` : `${number(seconds / 3600)} hours`;
}
