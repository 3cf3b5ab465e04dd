import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../base/problems.ts';
import type { Spec } from '../model/spec.ts';
import { sectionLine } from '../specs/section-line.ts';
import type { BuildContext } from './build-context.ts';

/** The place of a spec's section; without a section, or when it is in another file, the spec. */
export async function placeOf(
  { inputs }: Pick<BuildContext, 'inputs'>,
  spec: Pick<Spec, 'path'>,
  section: string | undefined,
): Promise<Pick<Problem, 'file' | 'line'>> {
  const file = join(inputs.specsDir, spec.path);
  if (section === undefined) return { file };
  const line = sectionLine(await readFile(file, 'utf8').catch(() => ''), section);
  return line === undefined ? { file } : { file, line };
}
