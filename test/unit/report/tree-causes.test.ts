import { describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import type { Problem } from '../../../src/shared/base/problems.ts';
import { logTreeErrors } from '../../../src/shared/jobs/report-tree.ts';
import type { PackagePlan } from '../../../src/shared/model/outcome.ts';
import { planPage } from '../../../src/shared/report/summary-page.ts';
import { causeLines, treeCauses } from '../../../src/shared/report/tree-causes.ts';

function failed(...problems: Problem[]): PackagePlan {
  return { state: 'failed', reason: 'bad', kind: 'requirement', problems };
}

const gone = (file: string, line: number) => ({
  file,
  line,
  message: "BuildRequires 'gone' is provided by nothing",
});

/** A plan with so many packages whose specs do not parse, and two that need what nothing provides. */
function planWith(torn: number): Map<string, PackagePlan> {
  const own = Array.from({ length: torn }, (_, at): [string, PackagePlan] => [
    `torn${at}`,
    failed({ file: `SPECS/torn${at}.spec`, line: at + 1, message: `line ${at} is torn` }),
  ]);
  return new Map([
    ...own,
    ['a', failed(gone('SPECS/a.spec', 7))],
    ['b', failed(gone('SPECS/b.spec', 8))],
    ['user', { state: 'blocked', reason: 'needs a, which failed', rootCauses: ['a'] }],
  ]);
}

describe('the causes of what a tree cannot build', () => {
  it('are one for what several specs have, what stops most first', () => {
    const [first, second] = treeCauses(planWith(1));
    expect(first).toEqual({
      problem: gone('SPECS/a.spec', 7),
      more: 1,
      failed: ['a', 'b'],
      blocked: ['user'],
    });
    expect(second).toMatchObject({ failed: ['torn0'], blocked: [] });
    expect(causeLines(treeCauses(planWith(2)), 2)).toEqual([
      '3 causes, with the number of packages that each stops:',
      "     3  BuildRequires 'gone' is provided by nothing  (SPECS/a.spec:7 and 1 other place)",
      '     1  line 0 is torn  (SPECS/torn0.spec:1)',
      '        and 1 more: plan.json has all',
    ]);
  });

  it('are logged one by one if they are few, and else as a table with ten errors', () => {
    const few = recordingLog();
    logTreeErrors(planWith(3), few);
    expect(few.lines.map((line) => line.slice(0, 7))).toEqual(Array(5).fill('error: '));
    const many = recordingLog();
    logTreeErrors(planWith(100), many);
    expect(many.lines.filter((line) => line.startsWith('error: '))).toHaveLength(10);
    expect(many.lines).toContain('101 causes, with the number of packages that each stops:');
    expect(many.lines).toHaveLength(10 + 1 + 60 + 1);
  });

  it('come first on the page of a plan, as a table if they are many', () => {
    const facts = { seconds: new Map(), length: 0, shards: 0 };
    const references = { artifactOf: () => undefined, versionOf: () => '1-1', specOf: () => undefined };
    const many = planPage(planWith(100), facts, references);
    expect(many).toMatch(/^### Plan: \*\*102 failed\*\*, \*\*1 blocked\*\*\n/);
    expect(many).toContain(
      "| 3 | BuildRequires 'gone' is provided by nothing (and in 1 more) | SPECS/a.spec:7 | a, b, user |",
    );
    expect(many.indexOf('#### Why packages cannot be built')).toBeLessThan(many.indexOf('| package |'));
    const few = planPage(planWith(1), facts, references);
    expect(few).not.toContain('#### Why packages cannot be built');
    expect(few).toContain('#### ✗ a 1-1: bad\n\nBlocks user.');
  });
});
