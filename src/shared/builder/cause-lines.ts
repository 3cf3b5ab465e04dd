/** Patterns of lines that name the cause of a failed build, most specific first. */
const causes: readonly RegExp[] = [
  /(^|\s)(fatal )?error:|undefined reference|: Error \d|^E: |cannot find -l|No such file or directory|command not found/i,
  /^(FAIL|FAILED|not ok|\*\*\*)\b|: FAILED|assertion .*failed|Traceback/i,
  /No space left on device|Killed|Segmentation fault/i,
  /^error: |Bad exit status|RPM build errors/i,
];

/** Lines without information: make's way through folders, and automake's counts (`# ERROR: 0`). */
const noise = /^make(\[\d+\])?: (Entering|Leaving) directory|^# [A-Z]+: +\d+$/;

/** Lines shown before and after the first one that matches. */
const around = { before: 2, after: 5 };

/** Limits of the lines that a shard reports of a failure. Other jobs refuse more. */
export const lineLimits = { lines: 100, characters: 2000 };

/**
 * Returns the lines of a build's log that name the cause of its failure: those around the first compiler, test or system
 * error of the last stage, else the last lines. Pure.
 */
export function causeLines(log: string): string[] {
  const lines = log
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => !noise.test(line));
  while (lines.at(-1) === '') lines.pop();
  const stage = lines.findLastIndex((line) => line.startsWith('Executing(%'));
  return causeIn(lines.slice(Math.max(0, stage))).map((line) => line.slice(0, lineLimits.characters));
}

function causeIn(body: readonly string[]): readonly string[] {
  const report = failedTest(body);
  if (report !== undefined) return report;
  for (const cause of causes) {
    const at = body.findIndex(
      (line, index) => index > 0 && cause.test(line) && !/Bad exit status/.test(line),
    );
    if (at === -1) continue;
    return body.slice(Math.max(0, at - around.before), at + around.after + 1);
  }
  return body.slice(-10);
}

/** The part of automake's test-suite.log about the first test that failed, under a heading `FAIL: <name>`. */
function failedTest(lines: readonly string[]): string[] | undefined {
  const at = lines.findIndex((line, index) => /^FAIL: /.test(line) && /^=+$/.test(lines[index + 1] ?? ''));
  return at === -1 ? undefined : lines.slice(at, at + 12);
}

/** The stage of rpmbuild in which a log ends: `%prep`, `%build`, `%install`, `%check`, or undefined. Pure. */
export function failedStage(log: string): string | undefined {
  return [...log.matchAll(/^Executing\((%\w+)\)/gm)].at(-1)?.[1];
}
