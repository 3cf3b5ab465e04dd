import { join } from 'node:path';
import type { Problem } from '../base/problems.ts';
import type { Spec } from '../model/spec.ts';
import type { SpecAnswer } from './answer.ts';
import type { SpecError } from './find.ts';
import { isPlainFileName } from './text.ts';

/** True for an RPM's name that rpm allows and that is a plain file name. */
function isPlainName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/.test(name) && name.length <= 200;
}

function isPlainVersion(version: string): boolean {
  return /^[A-Za-z0-9_+.~^]+$/.test(version) && version.length <= 200 && version !== '.' && version !== '..';
}

/** The problems of one parsed spec. Pure. @param file the spec's path, as the user wrote it */
export function problemsOfAnswer(file: string, answer: SpecAnswer): Problem[] {
  const problems: Problem[] = [];
  const refuse = (what: string, value: string, rule: string) => {
    const hint = value.includes('%') ? 'A macro in it is not defined: define it, or correct its name.' : rule;
    problems.push({ file, message: `${what} ${JSON.stringify(value)} is not a plain name`, hint });
  };
  const versionHint = 'Use letters, digits and the characters . _ + ~ ^ only.';
  for (const item of [answer, ...answer.packages]) {
    if (!isPlainName(item.name))
      refuse('Name', item.name, 'Use letters, digits and the characters . _ + - only.');
    if (!isPlainVersion(item.version)) refuse('Version', item.version, versionHint);
    if (!isPlainVersion(item.release)) refuse('Release', item.release, versionHint);
  }
  for (const { arch } of answer.packages) {
    if (!/^\w+$/.test(arch)) refuse('BuildArch', arch, 'Name an architecture, or noarch.');
  }
  for (const [source] of answer.sources) {
    const name = baseName(source);
    if (!isPlainFileName(name)) {
      refuse(
        'Source',
        name,
        'Use letters, digits and the characters . _ + ~ - only; `#/name` at the end of a URL renames the file.',
      );
    }
  }
  if (answer.generates) {
    const message = '%generate_buildrequires is not supported yet';
    problems.push({ file, message, hint: 'List the BuildRequires in the spec.' });
  }
  return [...new Map(problems.map((problem) => [problem.message, problem])).values()];
}

/** The file name that rpm gives a source: what follows the last `/` of its URL or path. */
export function baseName(source: string): string {
  return source.slice(source.lastIndexOf('/') + 1);
}

/** The conflicts between the specs of a tree: two that would make the same RPM or SRPM file. Pure. */
export function checkSpecs(specsDir: string, specs: readonly Spec[]): SpecError[] {
  const makers = new Map<string, Spec>();
  return specs.flatMap((spec) => {
    if (spec.excluded !== undefined) return [];
    const files = [spec.sourceRpm, ...spec.packages.filter(({ built }) => built).map(({ file }) => file)];
    return files.flatMap((rpm): SpecError[] => {
      const other = makers.get(rpm);
      makers.set(rpm, other ?? spec);
      if (other === undefined) return [];
      const whose = other === spec ? 'a second time' : `which ${join(specsDir, other.path)} makes, too`;
      const hint = 'Give one of them another Name, Version or Release.';
      const problem = { file: join(specsDir, spec.path), message: `this spec makes ${rpm} ${whose}`, hint };
      return [{ packages: [spec.package, other.package], problem }];
    });
  });
}
