import { describe, expect, it } from 'vitest';
import { ProblemsError } from '../../../src/shared/base/problems.ts';
import { packageLimits } from '../../../src/shared/builder/package-limits.ts';

const gib = 1024 ** 3;

const problemsOf = (value: string) => {
  try {
    packageLimits(value, 'package-limits');
  } catch (error) {
    if (error instanceof ProblemsError) return error.problems;
    throw error;
  }
  return [];
};

describe('package-limits', () => {
  it('reads limits of several packages, in lines or between semicolons', () => {
    const chromium = { memory: 24 * gib, seconds: 20_000, processes: 4096, log: 2 * gib, disk: 60 * gib };
    const text = 'chromium: memory=24G seconds=20000 processes=4096 log=2G disk=60G';
    expect(packageLimits('', 'package-limits')).toEqual({});
    for (const value of [`${text}\n\n*: log=512K`, `${text}; * : log=512K;`])
      expect(packageLimits(value, 'package-limits')).toEqual({ chromium, '*': { log: 512 * 1024 } });
  });

  it.each([
    ['chromium memory=24G', 'expected a package, a colon and limits'],
    ['a: memory=24', "memory is '24', expected bytes with K, M, G or T behind"],
    ['a: memory=0G', "memory is '0G'"],
    ['a: memory=', "memory is ''"],
    ['a: seconds=5m', "seconds is '5m', expected a whole number from 1 to 2000000"],
    ['a: seconds=2000001', "seconds is '2000001'"],
    ['a: seconds=-1', "seconds is '-1'"],
    ['a: seconds=1 seconds=2', 'seconds is there twice'],
    ['a: log=1G; a: disk=1G', 'a has limits already'],
    ['a: constructor=1', "'constructor' is no limit: they are seconds, memory, processes, disk, log"],
    ['a: constructor', "'constructor' is no limit"],
  ])('refuses %j', (value, message) => {
    expect(problemsOf(value).map((one) => one.message)).toEqual([expect.stringContaining(message)]);
  });

  it('shows all that is wrong at once, with the nearest name', () => {
    const problems = problemsOf('a: memroy=1G cpu=4\nb\n__proto__: log=x');
    expect(problems).toHaveLength(4);
    expect(problems[0]?.hint).toContain('memory');
    expect(problems[3]?.message).toContain("'__proto__: log=x'");
  });
});
