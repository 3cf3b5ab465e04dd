import type { Problem } from '../../base/problems.ts';

/** What became of a boot. */
export interface Verdict {
  passed: boolean;
  /** `running`, `degraded` …: systemd's word; `none` when it never spoke. */
  state: string;
  /** Units that failed, each with its last log lines. */
  failed: { unit: string; log: string[] }[];
  seconds: number;
  /** Why it did not pass, in one sentence; empty when it did. */
  reason: string;
  acceleration: 'kvm' | 'tcg';
}

/** What the unit of the boot test said on its own serial line. */
export interface BootReport {
  state: string;
  failed: { unit: string; log: string[] }[];
  /** True when it said all that it had to say. */
  whole: boolean;
}

/** Reads the boot test's lines: `state <word>`, `failed <unit>`, `log <line>` (of the unit before), `end`. Pure. */
export function readReport(lines: readonly string[]): BootReport {
  const report: BootReport = { state: 'none', failed: [], whole: false };
  for (const line of lines.map((one) => plainLine(one))) {
    const [word, ...rest] = line.split(' ');
    const text = rest.join(' ');
    if (word === 'state') report.state = text;
    else if (word === 'failed' && text !== '') report.failed.push({ unit: text, log: [] });
    else if (word === 'log') report.failed.at(-1)?.log.push(text);
    else if (word === 'end') report.whole = true;
  }
  return report;
}

/** Lines on the console after which a machine does not get any further. */
const deadEnds: readonly [RegExp, string][] = [
  [/Kernel panic - not syncing: ?(.*)/, 'the kernel panicked'],
  [/You are in (?:rescue|emergency) mode|Entering emergency mode/, 'it ended in emergency mode'],
  [/^(?:grub rescue>|grub>)/, 'the boot loader gave up'],
  [/BdsDxe: No bootable option|UEFI Interactive Shell/, 'the firmware found nothing to boot'],
];

/** Why a machine whose console shows `line` will not come up; undefined for any other line. Pure. */
export function deadEnd(line: string): string | undefined {
  const plain = plainLine(line);
  const found = deadEnds.find(([pattern]) => pattern.test(plain));
  return found === undefined ? undefined : `${found[1]} (${plain})`;
}

/** What a serial line shows, without colours, cursor moves and other control characters. Pure. */
export function plainLine(line: string): string {
  return line
    .replace(/\p{Cc}\[[0-?]*[ -/]*[@-~]/gu, '')
    .replace(/[^\P{Cc}\t]/gu, '')
    .trimEnd();
}

/** A machine that never was: QEMU ended before the first word on its console. Pure. */
export function neverStarted(code: number, stderr: string): Problem {
  const words = stderr.trim().split('\n').slice(-6).join('\n');
  return {
    message: `QEMU ended with ${code} before the machine said anything${words === '' ? '' : `:\n${words}`}`,
    hint: 'The image itself is whole; BOOT_TEST=n publishes it without a boot test.',
  };
}

/** The verdict on a boot. `deadBy`: why it was stopped before its time; `timedOut`: it ran out of time. Pure. */
export function judge(options: {
  report: BootReport;
  seconds: number;
  acceleration: 'kvm' | 'tcg';
  deadBy?: string;
  timedOut: boolean;
}): Verdict {
  const { report, seconds, acceleration, deadBy } = options;
  const reason = () => {
    if (report.whole && report.failed.length > 0)
      return `${report.failed.length === 1 ? 'unit' : 'units'} ${report.failed.map(({ unit }) => unit).join(', ')} failed`;
    if (report.whole)
      return report.state === 'running' ? '' : `the system is '${report.state}', not 'running'`;
    if (deadBy !== undefined) return deadBy;
    if (options.timedOut) return `it did not come up within ${Math.round(seconds)} seconds`;
    return 'the machine stopped before it was up';
  };
  const why = reason();
  return {
    passed: why === '',
    state: report.state,
    failed: report.failed,
    seconds,
    reason: why,
    acceleration,
  };
}
