import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../../../src/shared/problems.ts';
import { sectionLine } from '../../../src/shared/spec/section-line.ts';
import type { Spec } from '../../../src/shared/spec/spec.ts';
import type { Workshop } from './workshop.ts';

/** Where a section of a spec begins; without one, or where it is in another file, the spec. */
export async function placeOf(
  { inputs }: Pick<Workshop, 'inputs'>,
  spec: Pick<Spec, 'path'>,
  section: string | undefined,
): Promise<Pick<Problem, 'file' | 'line'>> {
  const file = join(inputs.specsDir, spec.path);
  if (section === undefined) return { file };
  const line = sectionLine(await readFile(file, 'utf8').catch(() => ''), section);
  return line === undefined ? { file } : { file, line };
}
