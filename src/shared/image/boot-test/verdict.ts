import { lastLines } from '../../base/last-lines.ts';
import { plainLine } from '../../base/plain-line.ts';
import type { Problem } from '../../base/problems.ts';
import { boolean, list, number, object, oneOf, text } from '../../base/schema.ts';
import { type Acceleration, accelerations } from './qemu.ts';

/** The result of a boot test. */
export interface Verdict {
  passed: boolean;
  /** systemd's state: `running`, `degraded` …; `none` without a report. */
  state: string;
  /** Units that failed, each with its last log lines. */
  failed: { unit: string; log: string[] }[];
  seconds: number;
  /** Why it failed, in one sentence; empty for a pass. */
  reason: string;
  acceleration: Acceleration;
}

export const verdictSchema = object<Verdict>({
  ...{ passed: boolean, state: text(), seconds: number(), reason: text() },
  failed: list(object<Verdict['failed'][number]>({ unit: text(), log: list(text(), 10_000) }), 10_000),
  acceleration: oneOf(...accelerations),
});

/** The report of the boot test's unit, from its own serial line. */
export interface BootReport extends Pick<Verdict, 'state' | 'failed'> {
  /** True if the report has its last line. */
  complete: boolean;
}

/** Reads the report's lines: `state <word>`, `failed <unit>`, `log <line>` (of the previous unit), `end`. Pure. */
export function readReport(lines: readonly string[]): BootReport {
  const report: BootReport = { state: 'none', failed: [], complete: false };
  for (const line of lines.map((one) => plainLine(one))) {
    const [word, ...rest] = line.split(' ');
    const text = rest.join(' ');
    if (word === 'state') report.state = text;
    else if (word === 'failed' && text !== '') report.failed.push({ unit: text, log: [] });
    else if (word === 'log') report.failed.at(-1)?.log.push(text);
    else if (word === 'end') report.complete = true;
  }
  return report;
}

/** Builds the problem of a QEMU that ended before any output on the console. Pure. */
export function neverStarted(code: number, stderr: string): Problem {
  const end = lastLines(stderr, 6);
  return {
    message: `QEMU ended with ${code} before the machine printed anything${end === '' ? '' : `:\n${end}`}`,
    hint: 'The image itself is complete; BOOT_TEST=n publishes it without a boot test.',
  };
}

/** Returns the verdict on a boot. `deadBy`: the dead end for which it was stopped; `timedOut`: it reached its limit. Pure. */
export function judge(options: {
  report: BootReport;
  seconds: number;
  acceleration: Acceleration;
  deadBy?: string | undefined;
  timedOut: boolean;
}): Verdict {
  const { seconds, acceleration } = options;
  const { state, failed } = options.report;
  const reason = failureReason(options);
  return { passed: reason === '', state, failed, seconds, reason, acceleration };
}

function failureReason({ report, seconds, deadBy, timedOut }: Parameters<typeof judge>[0]): string {
  const { complete, state, failed } = report;
  const units = failed.map(({ unit }) => unit).join(', ');
  if (complete && failed.length > 0) return `${failed.length === 1 ? 'unit' : 'units'} ${units} failed`;
  if (complete) return state === 'running' ? '' : `the system is '${state}', not 'running'`;
  if (deadBy !== undefined) return deadBy;
  if (timedOut) return `it did not come up within ${Math.round(seconds)} seconds`;
  return 'the machine stopped or restarted before it was up';
}
