/** An error that rpm itself reported, and the lines that belong to it. */
export interface RpmError {
  message: string;
  details: string[];
}

/** The part of an rpmbuild run that failed, as its log tells. */
export interface RpmbuildFailure {
  /** The section of the spec: `%build`, `%files`. Undefined when rpm ended before any, or said nothing at its end. */
  section: string | undefined;
  /** The errors that rpm reported besides the exit status of a script. */
  errors: RpmError[];
  /** The output of the script that failed, its trace (`+ make`) included. Empty when rpm itself found the error. */
  output: string[];
}

const script = /^Executing\((%?\w+)\):.* (\S+)$/;
const badExit = /^Bad exit status from (\S+) \((%?\w+)\)/;
const errorsTitle = /^RPM build errors:$/;

/**
 * Finds what failed in the log of rpmbuild. rpm runs more scripts after one of its own steps found an error (`%doc`,
 * `%license`): the last script of a log often ended well. Its closing list of errors names the one that did not. Pure.
 * @param lines of one or several runs: the last one counts
 */
export function rpmbuildFailure(lines: readonly string[]): RpmbuildFailure {
  const lastScript = lines.findLastIndex((line) => script.test(line));
  const title = lines.findLastIndex((line) => errorsTitle.test(line));
  const errors = title > lastScript ? closingErrors(lines, title + 1) : plainErrors(lines, lastScript + 1);
  const failed = errors.map(({ message }) => badExit.exec(message)).find((match) => match !== null);
  if (failed !== undefined && failed !== null) {
    const [, file, section] = failed;
    // rpm goes on after errors of the parse that it forgives, such as a wrong date in %changelog.
    const first = lines.findIndex((line) => script.test(line));
    const isForgiven = (message: string) => {
      const at = lines.indexOf(`error: ${message}`);
      return at !== -1 && at < first;
    };
    const own = errors.filter(({ message }) => !badExit.test(message) && !isForgiven(message));
    return { section, errors: own, output: outputOf(lines, file as string) };
  }
  if (errors.length > 0) return { section: lastScript === -1 ? undefined : '%files', errors, output: [] };
  // rpm said nothing: it was ended from outside, in its last script.
  if (lastScript === -1) return { section: undefined, errors, output: [...lines] };
  const [, section] = script.exec(lines[lastScript] as string) as RegExpExecArray;
  return { section, errors, output: lines.slice(lastScript + 1) };
}

/** The errors of rpm's closing list: each has four spaces in front, and lines that belong to it have others. */
function closingErrors(lines: readonly string[], start: number): RpmError[] {
  const errors: RpmError[] = [];
  for (const line of lines.slice(start)) {
    const message = /^ {4}(\S.*)$/.exec(line)?.[1];
    if (message !== undefined) errors.push({ message, details: [] });
    else if (/^\s+\S/.test(line)) errors.at(-1)?.details.push(line.trim());
    else break;
  }
  return errors;
}

/** Errors outside of scripts, where rpm writes no closing list: of its parse, of missing BuildRequires. */
function plainErrors(lines: readonly string[], start: number): RpmError[] {
  const errors: RpmError[] = [];
  for (const line of lines.slice(start)) {
    const message = /^error: (.*)$/.exec(line)?.[1];
    if (message !== undefined) {
      if (start === 0 || badExit.test(message)) errors.push({ message, details: [] });
    } else if (/^\s+\S/.test(line)) errors.at(-1)?.details.push(line.trim());
  }
  return errors;
}

/** The output of the script in a file, without the title before it and rpm's words after it. */
function outputOf(lines: readonly string[], file: string): string[] {
  const start = lines.findLastIndex((line) => script.exec(line)?.[2] === file);
  const end = lines.findLastIndex((line) => line.startsWith('error: ') && line.includes(` from ${file} (`));
  return lines.slice(start + 1, end > start ? end : undefined);
}

/** A line of the shell's trace, its command, which begins after the signs `+`. */
const trace = /^\++ (?=\S)/;

/** Commands that show something or do nothing: what failed ran before them. */
const aftermath = /^\++ (?:cat\b|echo\b|tail\b|tee\b|true$|false$|:$|RPM_EC=|STATUS=|jobs\b)/;

/** Commands between the one that failed and an `exit` of the script's own: `ret=2`, `'[' 2 -ne 0 ']'`. */
const decision = /^\++ (?:'?\['? |test |\w+=\S*$|exit\b)/;

/** The index of the command that decided a script's end, as its trace shows; -1 without one. Pure. */
export function lastCommand(output: readonly string[]): number {
  const lines = withoutDiffs(output);
  const own = lines.findLast((line) => trace.test(line) && !aftermath.test(line));
  const exits = own !== undefined && /^\++ exit\b/.test(own);
  return lines.findLastIndex(
    (line) => trace.test(line) && !aftermath.test(line) && !(exits && decision.test(line)),
  );
}

const unified = /^@@ -\d+(?:,(\d{1,9}))? \+\d+(?:,(\d{1,9}))? @@/;
const withContext = /^(?:\*{3}|---) (\d{1,9})(?:,(\d{1,9}))? (?:\*{4}|----)$/;

/** Empties the lines of diffs: those that were added look like a trace. */
function withoutDiffs(output: readonly string[]): string[] {
  // Lines of the old and of the new file that are still to come; one of both counts as two.
  let left = 0;
  let isContext = false;
  return output.map((line, at) => {
    const [, before = '1', after = '1'] = unified.exec(line) ?? [];
    const [, first, last = first] = withContext.exec(line) ?? [];
    if (unified.test(line)) [left, isContext] = [Number(before) + Number(after), false];
    else if (first !== undefined) [left, isContext] = [2 * (Number(last) - Number(first) + 1), true];
    else if (left > 0 && /^(?:[ +\-!\\]|$)/.test(line)) left -= isContext || /^(?: |$)/.test(line) ? 2 : 1;
    else if (!line.startsWith('+++ ') || output[at - 1]?.startsWith('--- ') !== true) {
      left = 0;
      return line;
    }
    return '';
  });
}

const helper =
  /^\++ (?:\S*\/)?((?:brp|check)-[\w-]+|find-debuginfo(?:\.sh)?|find-lang\.sh|rpm-\w+-\w+)(?=\s|$)/;

/** The name of rpm's helper (`brp-strip`) that a script ran last, undefined when its own command was the last. Pure. */
export function lastHelper(output: readonly string[]): string | undefined {
  return helper.exec(output[lastCommand(output)] ?? '')?.[1];
}
