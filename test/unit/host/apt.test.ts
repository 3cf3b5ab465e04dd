import { expect, it } from 'vitest';
import { aptReason } from '../../../src/shared/host/apt.ts';
import { ToolError } from '../../../src/shared/host/process.ts';

it.each([
  ['W: a warning\nE: Unable to fetch x\nE: Try --fix-missing', 'Unable to fetch x'],
  ['killed', 'apt-get update ended with 100:\nkilled'],
  ['', 'apt-get update ended with 100'],
])('the reason of an apt that wrote %j is its first error, or the message', (stderr, reason) => {
  const error = new ToolError(['apt-get', 'update'], { code: 100, stdout: '', stderr });
  expect(aptReason(error)).toBe(reason);
});
