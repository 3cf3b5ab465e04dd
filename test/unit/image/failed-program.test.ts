import { describe, expect, it } from 'vitest';
import { formatProblem, ProblemsError } from '../../../src/shared/base/problems.ts';
import { LimitError } from '../../../src/shared/host/limit-error.ts';
import { ToolError } from '../../../src/shared/host/process.ts';
import { asProblem } from '../../../src/shared/image/rootfs/failed-program.ts';
import type { Rpm } from '../../../src/shared/model/rpm.ts';

const rpm = (name: string, ...files: string[]) => ({ rpm: { name, files } as unknown as Rpm });
const rpms = [rpm('filesystem', '/tmp', '/run'), rpm('odd', '/srv/scripts'), rpm('bash', '/usr/bin/bash')];
const tool = (code: number, stderr: string, stdout = '') => new ToolError(['x'], { code, stdout, stderr });

function messageOf(error: unknown): string {
  const problem = asProblem(error, "script 'a.sh'", { file: 'c.json', path: '$.x' }, rpms);
  expect(problem).toBeInstanceOf(ProblemsError);
  return (problem as ProblemsError).problems.map(formatProblem).join('\n');
}

describe('a program that failed in an image', () => {
  it.each([
    ['its last lines', tool(3, 'why\n', 'first\n'), "script 'a.sh' ended with 3:\nfirst\n\nwhy"],
    ['no lines', tool(9, ''), "script 'a.sh' ended with 9"],
    [
      'a limit',
      new LimitError('seconds', 'did not end within 5 seconds'),
      "script 'a.sh' did not end within 5 seconds",
    ],
    [
      'a link of a package where it is shown',
      tool(
        120,
        'azl: tmp/a.sh is mounted on in a sandbox, and is or lies below a link here (/oldroot/etc)\n',
      ),
      "script 'a.sh' cannot run: /tmp/a.sh is, or lies below, a link in the image (to /oldroot/etc). In this image it belongs to filesystem, or a script made it.",
    ],
    [
      'a link that no package has',
      tool(120, 'azl: proc is mounted on in a sandbox, and is or lies below a link here (x)\n'),
      "script 'a.sh' cannot run: /proc is, or lies below, a link in the image (to x). No package has it: a scriptlet, a program or a script made it.",
    ],
    ['an end of its own with that number', tool(120, 'other\n'), "script 'a.sh' ended with 120:\nother"],
  ])('is a problem with %s', (_what, error, message) => {
    expect(messageOf(error)).toBe(`c.json $.x: ${message}`);
  });

  it('is another error when it did not fail itself', () => {
    const error = new Error('other');
    expect(asProblem(error, 'x', { file: 'c.json' }, rpms)).toBe(error);
  });
});
