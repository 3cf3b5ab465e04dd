import { writeSync } from 'node:fs';
import * as core from '@actions/core';
import type { Log } from '../log.ts';
import { formatProblem, type Problem } from '../problems.ts';

/** Seconds without a word after which a line of progress is printed where there is no terminal. */
const signOfLifeSeconds = 30;

/**
 * The log of an action: workflow commands on standard output. Where `liveDescriptor` is given, lines of progress go
 * to that file descriptor, one a line, for whoever draws them on a terminal.
 */
export function actionLog(liveDescriptor: number | undefined, now: () => number = Date.now): Log {
  let lastWord = now();
  const speak = (write: () => void) => {
    lastWord = now();
    write();
  };
  return {
    info: (message) => speak(() => core.info(inert(message))),
    warn: (problem) => speak(() => core.warning(text(problem), place(problem))),
    error: (problem) => speak(() => core.error(text(problem), place(problem))),
    group: async (title, body) => {
      speak(() => core.startGroup(title));
      try {
        return await body();
      } finally {
        core.endGroup();
      }
    },
    progress: (line) => {
      if (liveDescriptor !== undefined) writeSync(liveDescriptor, `${line}\n`);
      else if (now() - lastWord >= signOfLifeSeconds * 1000) speak(() => core.info(inert(line)));
    },
  };
}

/**
 * A text whose lines no runner takes for commands, whoever wrote them: it obeys `::` behind blanks at a line's start
 * and `##[` anywhere. What is not ASCII is taken for blank, too, and every line end that any reader knows for one.
 */
export function inert(message: string): string {
  return message.replace(/(^|[\r\n\u2028\u2029])(?=[^!-~\r\n]*::)/g, '$1│ ').replaceAll('##[', '## [');
}

function text(problem: Problem | string): string {
  return typeof problem === 'string' ? problem : formatProblem(problem);
}

function place(problem: Problem | string): core.AnnotationProperties {
  if (typeof problem === 'string' || problem.file === undefined) return {};
  return {
    file: problem.file,
    ...(problem.line === undefined ? {} : { startLine: problem.line }),
    ...(problem.column === undefined ? {} : { startColumn: problem.column }),
  };
}
