import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Timing } from './test-timing.ts';

/** The tests of one step: how many passed, and how many did not. */
export interface Count {
  passed: number;
  failed: number;
  /** For each that did not pass: its file, its name, and the first line of the error. */
  failures?: string[];
}

/** The part of vitest's JSON report (its format is Jest's) that is read here. */
interface Report {
  numPassedTests: number;
  numTotalTests: number;
  testResults?: {
    name: string;
    message?: string;
    /** Of its first and last test, in milliseconds. */
    startTime: number;
    endTime: number;
    assertionResults: { fullName: string; status: string; failureMessages?: string[] }[];
  }[];
}

/**
 * Counts the tests of a report. A skipped test counts as failed, and so do a file that cannot be loaded and a run
 * without a report.
 * @param code the exit code of vitest
 */
export function countTests(report: Report | undefined, code: number, repository: string): Count {
  const { numPassedTests: passed, numTotalTests: total, testResults = [] } = report ?? { ...none };
  const failures = testResults.flatMap(({ name, message, assertionResults }) => {
    const file = relative(repository, name);
    const bad = assertionResults.filter(({ status }) => status !== 'passed');
    if (assertionResults.length === 0) return [`${file}: ${firstLine(message)}`];
    return bad.map(
      ({ fullName, status, failureMessages: [why] = [] }) =>
        `${file}: ${fullName}: ${why === undefined ? status : firstLine(why)}`,
    );
  });
  return { passed, failed: total - passed || (code === 0 ? 0 : 1), failures };
}

const none: Report = { numPassedTests: 0, numTotalTests: 0 };

/** Returns the time that each file of a report took, without the hooks before its first and after its last test. */
export function fileTimings(report: Report | undefined, repository: string): Timing[] {
  return (report?.testResults ?? [])
    .filter(({ assertionResults }) => assertionResults.length > 0)
    .map(({ name, startTime, endTime }) => ({
      name: relative(repository, name),
      seconds: (endTime - startTime) / 1000,
    }));
}

/** Reads the report in a file. @returns undefined if there is none */
export function readReport(path: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report;
  } catch {
    return undefined;
  }
}

function firstLine(text = 'no test in it ran'): string {
  return text.trim().split('\n')[0] as string;
}
