import { writeSync } from 'node:fs';
import * as core from '@actions/core';
import { setDebugSink, withoutSecrets } from '../base/debug.ts';
import type { Log } from '../base/log.ts';
import { plainLine, plainText } from '../base/plain-line.ts';
import { formatProblem, type Problem } from '../base/problems.ts';
import { placeFinder } from '../host/find-places.ts';
import { workspacePath } from './addresses.ts';
import { watchIdleLog } from './idle-log.ts';

/** Number of errors, and of warnings, of a step that GitHub shows as annotations. */
const shownByGitHub = 10;

/**
 * Makes the log of an action: workflow commands on standard output, whose texts have no control characters. With `RUNNER_DEBUG=1` it has the debug log, too.
 * Until `end` it also logs calls that take long.
 * @param liveDescriptor a file descriptor for lines of progress, which its reader draws on a terminal
 */
export function actionLog(
  liveDescriptor: number | undefined,
  now: () => number = Date.now,
): Log & { end(): void } {
  const idle = watchIdleLog(liveDescriptor !== undefined, now());
  const show = (line: string) => {
    const plain = plainText(line);
    if (liveDescriptor === undefined) return core.info(inert(plain));
    try {
      writeSync(liveDescriptor, `${plain}\n`);
    } catch {
      // The reader is gone or slow. The next line has the same content.
    }
  };
  const timer = setInterval(() => {
    const line = idle.due(now());
    if (line !== undefined) show(line);
  }, 1000).unref();
  if (core.isDebug()) {
    const secrets = secretsIn(process.env);
    setDebugSink((message) => core.debug(inert(plainText(withoutSecrets(message, secrets)))));
  }
  const placed = placeFinder();
  const [errors, warnings] = [annotations('error'), annotations('warning')];
  return {
    info: (message) => {
      idle.logged(now(), message);
      core.info(inert(plainText(message)));
    },
    warn: (problem) => {
      idle.logged(now());
      warnings.add(placed(problem));
    },
    error: (problem) => {
      idle.logged(now());
      errors.add(placed(problem));
    },
    group: async (title, body) => {
      idle.logged(now(), title);
      core.startGroup(plainText(title));
      try {
        return await body();
      } finally {
        core.endGroup();
      }
    },
    progress: (line) => {
      if (idle.progress(now(), line)) show(line);
    },
    end: () => {
      errors.end();
      warnings.end();
      clearInterval(timer);
      setDebugSink(undefined);
    },
  };
}

/**
 * Changes a text of unknown origin so that the runner takes no line of it for a command. A command begins with `::` after
 * blanks at the start of a line, or with `##[` anywhere. Non-ASCII characters count as blanks, and every line end that any
 * reader knows counts. Pure.
 */
export function inert(message: string): string {
  return message.replace(/(?<=^|[\r\n\u2028\u2029])(?=[^!-~\r\n]*::)/g, '│ ').replaceAll('##[', '## [');
}

/** The values of variables that hold tokens, passwords or secrets, the longest first. Pure. */
export function secretsIn(environment: NodeJS.ProcessEnv): string[] {
  return Object.entries(environment)
    .filter(([name]) => /TOKEN|SECRET|PASSWORD|CREDENTIAL/i.test(name))
    .flatMap(([, value]) => (value === undefined || value.length < 4 ? [] : [value]))
    .sort((a, b) => b.length - a.length);
}

/**
 * Writes problems as annotations. On GitHub, all but the first few are plain lines of the log, and the last annotation
 * counts them.
 */
function annotations(kind: 'error' | 'warning') {
  const annotate = kind === 'error' ? core.error : core.warning;
  const isLimited = process.env['GITHUB_ACTIONS'] === 'true';
  let [shown, more] = [0, 0];
  return {
    add: (problem: Problem | string): void => {
      const message = plainText(formatProblem(problem));
      if (!isLimited || ++shown < shownByGitHub) {
        annotate(message, place(problem));
        return;
      }
      more++;
      core.info(inert(`${kind === 'error' ? 'Error' : 'Warning'}: ${message}`));
    },
    end: (): void => {
      if (more === 0) return;
      annotate(`${more} more ${kind}${more === 1 ? ' is' : 's are'} in the log of this step`);
      more = 0;
    },
  };
}

/** Returns the place of a problem. On GitHub its path is one in the workspace, because others are not shown. */
function place(problem: Problem | string): core.AnnotationProperties {
  if (typeof problem === 'string' || problem.file === undefined) return {};
  const file = workspacePath(problem.file);
  if (file === undefined) return {};
  return { file: plainLine(file), startLine: problem.line, startColumn: problem.column };
}
