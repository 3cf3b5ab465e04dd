import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

/** Of one step: how many of its tests passed, and how many did not. */
export interface Count {
  passed: number;
  failed: number;
  /** Of each that did not pass: its file, its name, and the first line of why. */
  failures?: string[];
}

/** The part of vitest's JSON report (its format is Jest's) that is read here. */
interface Report {
  numPassedTests: number;
  numTotalTests: number;
  testResults?: {
    name: string;
    message?: string;
    assertionResults: { fullName: string; status: string; failureMessages?: string[] }[];
  }[];
}

/**
 * What a layer's report says. A test that was skipped promised something that nobody looked at: it counts as failed. So
 * does a file that cannot be loaded, and a run that left no report.
 * @param code with which vitest ended
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

/** The report in a file; undefined when there is none. */
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
