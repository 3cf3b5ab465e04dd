import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Problem, ProblemsError } from '../base/problems.ts';
import { staged } from '../cache-key/recipe.ts';
import type { Capability } from '../model/rpm.ts';
import { readRequires } from '../rpm/read.ts';
import { collectRpms } from '../sandbox/collect.ts';
import { limitsOf } from '../sandbox/limits.ts';
import { generatedLimits, generatedPattern } from '../solver/generated-requires.ts';
import { topDir } from '../specs/macros/policy.ts';
import { sectionLine } from '../specs/text.ts';
import { unexpandedInName } from '../specs/unexpanded.ts';
import { onHelperError } from './build-failed.ts';
import { type RpmbuildRun, runRpmbuild } from './pack-srpm.ts';

const section = '%generate_buildrequires';

/** rpmbuild's exit code when it has written the RPM that names all requirements. */
const wroteRequirements = 11;

/** The most problems of one run that are shown. */
const mostShown = 20;

/**
 * Runs the `%prep` and the `%generate_buildrequires` of a staged package in a root.
 * @returns the requirements that it named and the spec does not, sorted
 * @throws ProblemsError when it names what is no requirement; ToolError as {@link runRpmbuild}
 */
export async function generateRequires(
  run: RpmbuildRun,
  step: 'requirements' | 'check requirements',
): Promise<Capability[]> {
  const { context, spec, root, staging } = run;
  await runRpmbuild(step, run, [0, wroteRequirements]);
  const dir = join(staging, 'requirements');
  const limits = limitsOf('collect', context.inputs.packageLimits, spec.package);
  const collecting = collectRpms(root, [`${topDir}/SRPMS`], dir, { limits, signal: context.signal });
  const files = await collecting.catch(onHelperError('its requirements cannot be taken out of its root'));
  const [file, ...more] = files;
  if (file === undefined || more.length > 0)
    throw new Error(`rpmbuild wrote ${files.length} lists of requirements`);
  const declared = new Set([...spec.buildRequires, ...(step === 'requirements' ? [] : spec.checkRequires)]);
  const named = (await readRequires(join(dir, file))).filter((one) => !declared.has(one));
  const problems = problemsOfGenerated(named);
  if (problems.length === 0) return named;
  const text = await readFile(join(staging, staged.spec, basename(spec.path)), 'utf8');
  const place = { file: join(spec.specsDir, spec.path), line: sectionLine(text, section) };
  throw new ProblemsError(problems.map((one) => ({ ...place, ...one })));
}

/** Returns the problems of requirements that a spec's program named: it is a stranger's. Pure. */
export function problemsOfGenerated(named: readonly Capability[]): Problem[] {
  const { requirements, characters } = generatedLimits;
  if (named.length > requirements) {
    const message = `${section} names ${named.length} requirements, of at most ${requirements}`;
    return [{ message, hint: 'Let it name each package once.' }];
  }
  return named
    .flatMap((one): Problem[] => {
      const shown = JSON.stringify(one.slice(0, 200));
      if (one.length > characters || !generatedPattern.test(one)) {
        const hint = 'Write one requirement a line, in ASCII, and all else to standard error.';
        return [{ message: `${section} names ${shown}, which is no requirement`, hint }];
      }
      return unexpandedInName(one).map((macro) => ({
        message: `${section} names ${shown}, which has the macro ${macro}, which nobody defined`,
        hint: 'Define it, or add the package that brings it to BuildRequires.',
      }));
    })
    .slice(0, mostShown);
}
