import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Spec } from '../model/spec.ts';
import { sectionLine } from '../specs/text.ts';
import type { BuildContext } from './build-context.ts';
import { causeLines } from './cause-lines.ts';

/**
 * Logs that a package failed, with the cause lines of its log, at the spec.
 * @param section the section of the spec that failed (`%build`), where it is known
 */
export async function logFailure(
  { inputs, log }: Pick<BuildContext, 'inputs' | 'log'>,
  spec: Spec,
  reason: string,
  output: string,
  section?: string,
): Promise<void> {
  const file = join(inputs.specsDir, spec.path);
  const text = await readFile(file, 'utf8').catch(() => '');
  const line = section === undefined ? undefined : sectionLine(text, section);
  const message = [`${spec.package}: ${reason}`, ...causeLines(output).map((one) => `    ${one}`)].join('\n');
  log.error({ message, file, line });
}
