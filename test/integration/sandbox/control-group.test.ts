import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runTool } from '../../../src/shared/host/process.ts';
import {
  enterGroup,
  groupProcesses,
  groupUsage,
  heldBounds,
  newGroup,
  removeGroup,
} from '../../../src/shared/sandbox/control-group.ts';

it('a control group refuses processes at its limit, says so, and ends with all that is left in it', async () => {
  const group = await newGroup();
  if (group === undefined) {
    console.warn(`NOT TRIED: this machine offers no control groups: ${(await heldBounds()).reason}`);
    return;
  }
  const script = 'exec >/dev/null 2>&1; for i in 1 2 3 4 5 6 7 8; do sleep 300 & done';
  const limits = { memory: 2 ** 30, processes: 6 };
  await runTool(enterGroup(group, limits, ['setsid', '--fork', 'sh', '-c', script]), { root: true });
  await expect.poll(async () => (await groupUsage(group))?.reached).toBe('processes');
  expect((await groupProcesses(group)).length).toBeGreaterThan(0);
  await removeGroup(group);
  expect(existsSync(group.folder)).toBe(false);
});
