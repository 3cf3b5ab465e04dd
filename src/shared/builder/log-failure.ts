import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProblemsError } from '../base/problems.ts';
import type { Spec } from '../model/spec.ts';
import { sectionLine } from '../specs/text.ts';
import type { BuildContext } from './build-context.ts';
import { explainFailure, type Failure } from './cause-lines.ts';

/** Bytes of a log that are read, from its end: a stage that fails is the last one, and few write more. */
const readBytes = 2 * 1024 * 1024;

/** Tells what failed in a log, which may be of any size. Knows nothing of one that is absent. */
export async function readFailure(log: string | undefined): Promise<Failure> {
  return explainFailure(log === undefined ? '' : await logEnd(log));
}

/** Returns the end of a log, its last lines; '' when it cannot be read. */
export async function logEnd(log: string): Promise<string> {
  const file = await open(log).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - readBytes);
    const buffer = Buffer.alloc(Math.min(size, readBytes));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    const text = buffer.toString('utf8', 0, bytesRead);
    return start === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } finally {
    await file.close();
  }
}

/** Logs that a package failed, with the cause lines of its log, at the spec. */
export async function logFailure(
  { inputs, log }: Pick<BuildContext, 'inputs' | 'log'>,
  spec: Spec,
  reason: string,
  { lines, section, line: known }: Pick<Failure, 'lines' | 'section' | 'line'>,
): Promise<void> {
  const file = join(inputs.specsDir, spec.path);
  const text = await readFile(file, 'utf8').catch(() => '');
  const line = known ?? (section === undefined ? undefined : sectionLine(text, section));
  const message = [`${spec.package}: ${reason}`, ...lines.map((one) => `    ${one}`)].join('\n');
  log.error({ message, file, line });
}

/** Logs each problem for which a package failed, at its own place. */
export function logProblems(
  {
    inputs,
    log,
  }: { inputs: Pick<BuildContext['inputs'], 'specsDir'>; log: Pick<BuildContext['log'], 'error'> },
  spec: Spec,
  { problems }: ProblemsError,
): void {
  const file = join(inputs.specsDir, spec.path);
  for (const one of problems)
    log.error({ ...one, file: one.file ?? file, message: `${spec.package}: ${one.message}` });
}
