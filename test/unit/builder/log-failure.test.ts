import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { type Problem, ProblemsError } from '../../../src/shared/base/problems.ts';
import { logEnd, logProblems, readFailure } from '../../../src/shared/builder/log-failure.ts';
import { madeUpSpec } from '../../support/made-up.ts';

const dir = mkdtempSync(join(tmpdir(), 'log-failure-'));
afterAll(() => rmSync(dir, { recursive: true }));

const log = join(dir, 'a.log');
const end = 'error: Bad exit status from /var/tmp/rpm-tmp.x (%build)\n\nRPM build errors:\n';

it('reads the end of a log of any size, from the beginning of a line', async () => {
  const line = `${'x'.repeat(99)}\n`;
  writeFileSync(log, `first\n${line.repeat(60_000)}last\n`);
  const text = await logEnd(log);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2 * 1024 * 1024);
  expect(text.startsWith(line)).toBe(true);
  expect(text.endsWith('\nlast\n')).toBe(true);
});

it('knows the section of a script that began before what is read', async () => {
  const begin = 'Executing(%build): /bin/sh -e /var/tmp/rpm-tmp.x\n+ make\n';
  const noise = `${'cc -c a.c '.repeat(10)}\n`.repeat(60_000);
  const error = "a.c:1:1: error: 'x' undeclared\n";
  const closing = `${end}    Bad exit status from /var/tmp/rpm-tmp.x (%build)\n`;
  writeFileSync(log, `${begin}${noise}${error}make: *** [a.o] Error 1\n${closing}`);
  const failure = await readFailure(log);
  expect(failure).toMatchObject({ section: '%build', reason: '%build failed' });
  expect(failure.lines[0]).toBe(error.trim());
});

it.each([undefined, join(dir, 'absent.log')])('knows nothing of the log %s', async (absent) => {
  expect(await readFailure(absent)).toMatchObject({ reason: undefined, lines: [] });
});

it('logs each problem for which a package failed at its own place', () => {
  const logged: (Problem | string)[] = [];
  const context = {
    inputs: { specsDir: 'SPECS' },
    log: { error: (one: Problem | string) => void logged.push(one) },
  };
  const problems = [
    { message: 'bad', file: 'SPECS/a/a.spec', line: 3, hint: 'Mend it.' },
    { message: 'worse' },
  ];
  logProblems(context, madeUpSpec('a'), new ProblemsError(problems));
  expect(logged).toEqual([
    { message: 'a: bad', file: 'SPECS/a/a.spec', line: 3, hint: 'Mend it.' },
    { message: 'a: worse', file: join('SPECS', madeUpSpec('a').path) },
  ]);
});
