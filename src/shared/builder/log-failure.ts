import { appendFile, type FileHandle, open, readFile } from 'node:fs/promises';
import { plainLine } from '../base/plain-line.ts';
import type { ProblemsError } from '../base/problems.ts';
import { ifAbsent } from '../host/files.ts';
import { inBytes } from '../host/limit-error.ts';
import { readAt } from '../host/plain-files.ts';
import type { Spec } from '../model/spec.ts';
import { specFile } from '../specs/find.ts';
import { sectionLine } from '../specs/text.ts';
import type { BuildContext } from './build-context.ts';
import { explainFailure, type Failure } from './cause-lines.ts';

/** The part of a log that is read, from its end: a stage that fails is the last one, and few write more. */
const readBytes = 2 * 1024 * 1024;
const readLines = 20_000;

/** Tells what failed in a log, which may be of any size. Knows nothing of one that is absent. */
export async function readFailure(log: string | undefined): Promise<Failure> {
  return explainFailure(log === undefined ? '' : await logEnd(log));
}

/**
 * Returns the end of a log, its last lines; '' when it cannot be read. The title of the script that wrote them is in
 * front, wherever in the log it stands.
 */
export async function logEnd(log: string): Promise<string> {
  const file = await open(log).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - readBytes);
    const text = await readAt(file, start, size - start);
    const first = startOfLines(text, readLines);
    if (start === 0 && first === 0) return text.toString('utf8');
    const lines = text.subarray(first === 0 ? text.indexOf('\n') + 1 : first).toString('utf8');
    const isTitled = lines.startsWith(scriptTitle) || lines.includes(`\n${scriptTitle}`);
    return isTitled ? lines : `${await titleBefore(file, start + first)}${lines}`;
  } finally {
    await file.close();
  }
}

/** Returns where the last `count` lines of a text begin. */
function startOfLines(text: Buffer, count: number): number {
  let start = text.length;
  for (let line = 0; line <= count && start > 0; line++) start = text.lastIndexOf('\n', start - 1);
  return Math.max(0, start + 1);
}

/** rpm's words before each script. */
const scriptTitle = 'Executing(';

/** Bytes that hold a title: the rest of a longer line is left out. */
const longestTitle = 4096;

/** Returns the last line of a log before `end` that is the title of a script, with its newline; '' if there is none. */
async function titleBefore(file: FileHandle, end: number): Promise<string> {
  const mark = Buffer.from(`\n${scriptTitle}`);
  for (let until = end; until > 0; until -= Math.min(until, readBytes)) {
    const start = Math.max(0, until - readBytes);
    // A title may begin in one part and end in the next.
    const part = await readAt(file, start, Math.min(end, until + longestTitle) - start);
    const at = part.lastIndexOf(mark);
    if (at === -1) continue;
    const line = part.subarray(at + 1, at + longestTitle).toString('utf8');
    return `${line.split('\n')[0]}\n`;
  }
  return '';
}

/** Bytes of a failed step's log that stay, its end: as many as people load, and when the disk was full. */
export const keptLog = { usual: 64 * 1024 * 1024, onFullDisk: readBytes } as const;

/**
 * Notes as the last line of a log that a step which does not write to it was ended at a limit, or failed.
 * @param message `the %post of a did not end within …`
 */
export async function noteEnd(log: string, how: 'ended' | 'failed', message: string): Promise<void> {
  // The disk may be full: then the message alone has to do.
  await appendFile(log, `\nazl: ${how}: ${plainLine(message)}\n`).catch(() => undefined);
}

/** Leaves out the beginning of a longer log, in place: it may be what fills the disk. Its first line then says so. */
export async function shortenLog(log: string, most: number): Promise<void> {
  const file = await open(log, 'r+').catch(ifAbsent(undefined));
  if (file === undefined) return;
  try {
    const { size } = await file.stat();
    if (size <= most) return;
    const start = size - most;
    const end = await readAt(file, start, most);
    const note = `azl: The beginning of this log is left out: ${inBytes(start)}.\n${await titleBefore(file, start)}`;
    await file.truncate(0);
    await file.writeFile(Buffer.concat([Buffer.from(note), end.subarray(end.indexOf('\n') + 1)]));
  } finally {
    await file.close();
  }
}

/**
 * Logs that a package failed, with the cause lines of its log, at the spec.
 * @returns the line of the spec that failed; undefined if it is not known
 */
export async function logFailure(
  { log }: Pick<BuildContext, 'log'>,
  spec: Spec,
  reason: string,
  { lines, section, line: known }: Pick<Failure, 'lines' | 'section' | 'line'>,
): Promise<number | undefined> {
  const file = specFile(spec);
  const text = await readFile(file, 'utf8').catch(() => '');
  const line = known ?? (section === undefined ? undefined : sectionLine(text, section));
  const message = [`${spec.package}: ${reason}`, ...lines.map((one) => `    ${one}`)].join('\n');
  log.error({ message, file, line });
  return line;
}

/** Logs each problem for which a package failed, at its own place. */
export function logProblems(
  { log }: { log: Pick<BuildContext['log'], 'error'> },
  spec: Spec,
  { problems }: ProblemsError,
): void {
  const file = specFile(spec);
  for (const one of problems)
    log.error({ ...one, file: one.file ?? file, message: `${spec.package}: ${one.message}` });
}
