import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { type Problem, ProblemsError } from '../../../src/shared/base/problems.ts';
import {
  logEnd,
  logProblems,
  noteEnd,
  readFailure,
  shortenLog,
} from '../../../src/shared/builder/log-failure.ts';
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

it('passes over an error that rpm forgave before the first script', async () => {
  const date = 'bad date in %changelog: Thu Sept 26 2024 Somebody';
  const script = 'Executing(%build): /bin/sh -e /var/tmp/rpm-tmp.x\n';
  const error = "a.c:1:1: error: 'x' undeclared\n";
  const closing = `${end}    ${date}\n    Bad exit status from /var/tmp/rpm-tmp.x (%build)\n`;
  writeFileSync(log, `error: ${date}\n${script}+ make\n${error}make: *** [a.o] Error 1\n${closing}`);
  const failure = await readFailure(log);
  expect(failure).toMatchObject({ section: '%build', reason: '%build failed' });
  expect(failure.lines[0]).toBe(error.trim());
});

it('reads the end of a log whose lines are short, or one without end', async () => {
  const title = 'Executing(%build): /bin/sh -e /var/tmp/rpm-tmp.x\n';
  for (const text of ['y\n'.repeat(4_000_000), '\n'.repeat(4_000_000), 'y'.repeat(8_000_000)]) {
    writeFileSync(log, `Executing(%prep): /bin/sh -e /var/tmp/rpm-tmp.w\n${title}${text}`);
    const end = await logEnd(log);
    expect(end.startsWith(title)).toBe(true);
    expect(end.split('\n').length).toBeLessThan(20_010);
    expect(await readFailure(log)).toMatchObject({ section: '%build' });
  }
});

it('keeps the end of a log that is shortened, with a line that says so, and its section', async () => {
  const title = 'Executing(%build): /bin/sh -e /var/tmp/rpm-tmp.x\n';
  writeFileSync(
    log,
    `Wrote: x\n${title}${'cc -c a.c\n'.repeat(500_000)}\nazl: ended: it wrote more than 4 MiB to its log\n`,
  );
  await shortenLog(log, 1024 * 1024);
  const text = readFileSync(log, 'utf8');
  expect(text.startsWith(`azl: The beginning of this log is left out: 3.8 MiB.\n${title}cc -c a.c\n`)).toBe(
    true,
  );
  expect(text.length).toBeLessThan(1024 * 1024 + 200);
  expect((await readFailure(log)).reason).toBe('%build wrote more than 4 MiB to its log');
  await shortenLog(log, 2 * 1024 * 1024);
  expect(readFileSync(log, 'utf8')).toBe(text);
  await shortenLog(join(dir, 'absent.log'), 1);
});

it('a step that writes no log is named at the end of it, with what raises its limit', async () => {
  writeFileSync(log, 'Executing(%build): /bin/sh -e /var/tmp/rpm-tmp.x\n+ make\n');
  await noteEnd(log, 'ended', 'the %post of app did not end within 30 minutes');
  expect(await readFailure(log)).toMatchObject({
    reason: 'the %post of app did not end within 30 minutes',
    section: undefined,
    lines: ['hint: The input package-limits raises the limits of one package.'],
  });
  await noteEnd(log, 'failed', 'the build left files');
  expect(await readFailure(log)).toMatchObject({ reason: 'the build left files', lines: [] });
  await noteEnd(join(dir, 'nowhere/x.log'), 'ended', 'the %post of app did not end within 30 minutes');
});

it.each([undefined, join(dir, 'absent.log')])('knows nothing of the log %s', async (absent) => {
  expect(await readFailure(absent)).toMatchObject({ reason: undefined, lines: [] });
});

it('logs each problem for which a package failed at its own place', () => {
  const logged: (Problem | string)[] = [];
  const context = {
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
