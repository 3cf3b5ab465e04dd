/** What shows, in the log of a build, where it went wrong: most telling first. */
const tells: readonly RegExp[] = [
  /(^|\s)(fatal )?error:|undefined reference|: Error \d|^E: |cannot find -l|No such file or directory|command not found/i,
  /^(FAIL|FAILED|not ok|\*\*\* )|: FAILED|assertion .*failed|Traceback/i,
  /No space left on device|Killed|Segmentation fault/i,
  /^error: |Bad exit status|RPM build errors/i,
];

/** Lines shown before and after the first telling one. */
const around = { before: 2, after: 5 };

/**
 * The lines of a build's log that tell why it failed: those around the first compiler, test or system error after
 * the last stage began, else the last lines.
 */
export function decisiveLines(log: string): string[] {
  const lines = log.split('\n').map((line) => line.trimEnd());
  while (lines.at(-1) === '') lines.pop();
  const stage = lines.findLastIndex((line) => line.startsWith('Executing(%'));
  const body = lines.slice(Math.max(0, stage));
  for (const tell of tells) {
    const at = body.findIndex((line, index) => index > 0 && tell.test(line) && !/Bad exit status/.test(line));
    if (at === -1) continue;
    return body.slice(Math.max(0, at - around.before), at + around.after + 1);
  }
  return body.slice(-10);
}

/** The stage of rpmbuild in which a log ends: `%prep`, `%build`, `%install`, `%check`, or undefined. */
export function failedStage(log: string): string | undefined {
  return [...log.matchAll(/^Executing\((%\w+)\)/gm)].at(-1)?.[1];
}
