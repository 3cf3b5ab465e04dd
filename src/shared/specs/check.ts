import type { Problem } from '../base/problems.ts';
import type { Spec } from '../model/spec.ts';
import { type SpecAnswer, versionHint } from './answer.ts';
import { type SpecError, specFile } from './find.ts';
import { isFileName } from './text.ts';
import { lineOfMacro, unexpandedInName } from './unexpanded.ts';

const plainName = /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,199}$/;
const plainVersion = /^(?!\.{1,2}$)[A-Za-z0-9_+.~^]{1,200}$/;

/**
 * The problems of one parsed spec. Pure.
 * @param file the spec's path, as the user wrote it
 * @param read returns the spec, for the lines of macros
 */
export function problemsOfAnswer(file: string, answer: SpecAnswer, read = () => ''): Problem[] {
  const problems: Problem[] = [];
  const check = (holds: boolean, what: string, value: string, rule: string) => {
    if (holds) return;
    const hint = value.includes('%') ? 'A macro in it is not defined: define it, or correct its name.' : rule;
    problems.push({ file, message: `${what} ${JSON.stringify(value)} is not a plain name`, hint });
  };
  for (const { name, version, release } of [answer, ...answer.packages]) {
    check(plainName.test(name), 'Name', name, 'Use letters, digits and the characters . _ + - only.');
    check(plainVersion.test(version), 'Version', version, versionHint);
    check(plainVersion.test(release), 'Release', release, versionHint);
  }
  for (const { arch } of answer.packages)
    check(/^\w+$/.test(arch), 'BuildArch', arch, 'Name an architecture, or noarch.');
  for (const [, name] of answer.sources) {
    if (isFileName(name) && !/%\{/.test(name)) continue;
    const hint = name.includes('%{')
      ? 'A macro in it is not defined: define it, or correct its name.'
      : 'Give it a name of at most 200 bytes; `#/name` at the end of a URL renames the file.';
    problems.push({ file, message: `Source ${JSON.stringify(name)} is not a name of a file`, hint });
  }
  problems.push(...macroProblems(file, answer.buildRequires, read));
  return [...new Map(problems.map((problem) => [problem.message, problem])).values()];
}

/**
 * Requirements of a build whose names have a macro that nobody defined: no package has such a name. A version may have
 * one, as rpm compares it all the same. Requirements of RPMs are known when they are built: build roots bring macros.
 */
function macroProblems(file: string, requirements: readonly string[], read: () => string): Problem[] {
  return requirements.flatMap((requirement) =>
    unexpandedInName(requirement.replaceAll(/\s[<>=]+\s*[^\s()]+/g, '')).map((macro) => ({
      file,
      line: lineOfMacro(read(), macro),
      message: `BuildRequires '${requirement}' has the macro ${macro}, which nobody defined`,
      hint: 'Define it, or correct its name. Macros of packages that BuildRequires names are not known here.',
    })),
  );
}

/** The conflicts between the specs of a tree: two that would make the same RPM or SRPM file. Pure. */
export function checkSpecs(specs: readonly Spec[]): SpecError[] {
  const makers = new Map<string, Spec>();
  return specs.flatMap((spec) => {
    if (spec.excluded !== undefined) return [];
    const files = [spec.sourceRpm, ...spec.packages.filter(({ built }) => built).map(({ file }) => file)];
    return files.flatMap((rpm): SpecError[] => {
      const other = makers.get(rpm);
      makers.set(rpm, other ?? spec);
      if (other === undefined) return [];
      const whose = other === spec ? 'a second time' : `which ${specFile(other)} makes, too`;
      const hint = 'Give one of them another Name, Version or Release.';
      const problem = { file: specFile(spec), message: `this spec makes ${rpm} ${whose}`, hint };
      return [{ packages: [spec.package, other.package], problem }];
    });
  });
}
