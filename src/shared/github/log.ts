import { writeSync } from 'node:fs';
import * as core from '@actions/core';
import { setDebugSink, withoutSecrets } from '../base/debug.ts';
import type { Log } from '../base/log.ts';
import { formatProblem, type Problem } from '../base/problems.ts';
import { watchUnansweredCalls } from './unanswered-calls.ts';

/** Errors of a step that GitHub shows as annotations: those beyond are plain lines of the log. */
const shownByGitHub = 10;

/** The log of an action, which breaks long silences until it is ended. */
export interface ActionLog extends Log {
  end(): void;
}

/**
 * The log of an action: workflow commands on standard output. Where `liveDescriptor` is given, lines of progress go
 * to that file descriptor, one a line, for whoever draws them on a terminal.
 */
export function actionLog(liveDescriptor: number | undefined, now: () => number = Date.now): ActionLog {
  const silence = watchUnansweredCalls(liveDescriptor !== undefined, now());
  const show = (line: string) => {
    if (liveDescriptor === undefined) return core.info(inert(line));
    try {
      writeSync(liveDescriptor, `${line}\n`);
    } catch {
      // Whoever draws is gone or slow, and the next line tells as much.
    }
  };
  const timer = setInterval(() => {
    const line = silence.due(now());
    if (line !== undefined) show(line);
  }, 1000);
  timer.unref();
  if (core.isDebug()) {
    const secrets = secretsIn(process.env);
    setDebugSink((message) => core.debug(inert(withoutSecrets(message, secrets))));
  }
  const shown = process.env['GITHUB_ACTIONS'] === 'true' ? shownByGitHub : Number.POSITIVE_INFINITY;
  let errors = 0;
  return {
    info: (message) => {
      silence.said(now(), message);
      core.info(inert(message));
    },
    warn: (problem) => {
      silence.said(now());
      core.warning(text(problem), place(problem));
    },
    error: (problem) => {
      silence.said(now());
      if (++errors > shown) core.info(inert(`Error: ${text(problem)}`));
      else core.error(text(problem), place(problem));
    },
    group: async (title, body) => {
      silence.said(now(), title);
      core.startGroup(title);
      try {
        return await body();
      } finally {
        core.endGroup();
      }
    },
    progress: (line) => {
      if (silence.progress(now(), line)) show(line);
    },
    end: () => {
      clearInterval(timer);
      setDebugSink(undefined);
    },
  };
}

/**
 * A text whose lines no runner takes for commands, whoever wrote them: it obeys `::` behind blanks at a line's start
 * and `##[` anywhere. What is not ASCII is taken for blank, too, and every line end that any reader knows for one.
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
