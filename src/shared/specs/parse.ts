import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Problem } from '../base/problems.ts';
import type { Spec } from '../model/spec.ts';
import {
  isOpened,
  isSpecAnswer,
  type JobAnswer,
  pathsNotFound,
  problemsOfOutput,
  type SpecAnswer,
} from './answer.ts';
import { type AskOptions, askRpm } from './ask-rpm.ts';
import { checkSpecs, problemsOfAnswer } from './check.ts';
import { findSpecs, type SpecError, type SpecFile } from './find.ts';
import { pathsOfFilesSection } from './text.ts';

/** Where specs are, and how they are parsed. */
export interface ParseOptions extends AskOptions {
  /** As the user wrote it: problems name files below it. */
  specsDir: string;
}

/**
 * Parses every spec of a folder with the worker's rpm, in a sandbox, each as a user of its own. A spec is given the files
 * that a build gets, and no others. Specs with errors are not among the result.
 */
export async function parseSpecs(options: ParseOptions): Promise<{ specs: Spec[]; errors: SpecError[] }> {
  const { specsDir, arch } = options;
  const { files, errors } = await findSpecs(specsDir);
  const root = files.length === 0 ? specsDir : await realpath(specsDir);
  const paths = files.map(({ path }) => path);
  const answers = await askRpm(root, paths, options);
  const specs: Spec[] = [];
  for (const [index, found] of files.entries()) {
    const answer = answers[index];
    const problems = await problemsOf(root, join(specsDir, found.path), found, answer);
    const each = new Map(problems.map((one) => [`${one.line} ${one.message}`, one])).values();
    errors.push(...[...each].map((problem) => ({ packages: [found.package], problem })));
    if (problems.length === 0 && answer?.answers) specs.push(toSpec(found, answer, answer.answers, arch));
  }
  return { specs, errors: [...errors, ...checkSpecs(specsDir, specs)] };
}

async function problemsOf(
  root: string,
  file: string,
  found: SpecFile,
  answer: JobAnswer | undefined,
): Promise<Problem[]> {
  if (answer === undefined) return problemsOfOutput(file, 'gave no answer', '');
  const { problems, answers, ended, opened, output } = answer;
  if (problems !== undefined) return problems.map((problem) => ({ ...problem, file }));
  const outside = await problemsOutside(root, file, found, output);
  if (outside.length > 0) return outside;
  if (answers === null)
    return problemsOfOutput(file, ended ?? '', output, await readFile(join(root, found.path), 'utf8'));
  if (!isOpened(opened)) {
    const message = 'this spec reads a file whose name is not UTF-8 or holds control characters';
    return [{ file, message, hint: 'Rename the file.' }];
  }
  if (answers.every(isSpecAnswer)) {
    const text = await readFile(join(root, found.path), 'utf8');
    return answers.flatMap((one) => problemsOfAnswer(file, one, text));
  }
  const message =
    'this spec has a name, version, path or dependency with control characters or of absurd length';
  return [{ file, message, hint: 'Look for line breaks in what its macros expand to.' }];
}

/** Problems of files of the tree that a spec looks for, although they do not lie in its folder: a build has none. */
async function problemsOutside(
  root: string,
  file: string,
  { path }: SpecFile,
  output: string,
): Promise<Problem[]> {
  const folder = dirname(join(root, path));
  const problems: Problem[] = [];
  for (const wanted of pathsNotFound(output)) {
    const place = relative(root, resolve(folder, wanted));
    const isInTree = !place.startsWith('../') && relative(folder, join(root, place)).startsWith('../');
    if (!isInTree || !(await stat(join(root, place)).catch(() => undefined))) continue;
    const message = `this spec reads '${wanted}', which lies outside of its folder`;
    problems.push({ file, message, hint: 'A spec can read the files beside it: put a copy there.' });
  }
  return problems;
}

/** Makes a spec from rpm's answers without and, where it may differ, with `%check`. Pure. */
function toSpec(found: SpecFile, job: JobAnswer, answers: readonly SpecAnswer[], arch: string): Spec {
  const answer = answers[0] as SpecAnswer;
  const checked = answers.at(-1) as SpecAnswer;
  const buildRequires = capabilities(answer.buildRequires);
  const { name, epoch, version, release, noSource } = answer;
  const opened = new Map(job.opened);
  const sources = sourcesOf(answers, opened);
  const isSource = new Set(sources.map((source) => source.name));
  return {
    ...{ package: found.package, path: found.path, name, epoch, version, release },
    sourceRpm: `${name}-${version}-${release}.${noSource ? 'nosrc' : 'src'}.rpm`,
    excluded: whyExcluded(answer, arch),
    buildRequires,
    checkRequires: capabilities(checked.buildRequires).filter((one) => !buildRequires.includes(one)),
    buildConflicts: capabilities(answer.buildConflicts),
    sources,
    packages: answer.packages.map(({ fileList, ...item }) => ({
      ...item,
      file: `${item.name}-${item.version}-${item.release}.${item.arch}.rpm`,
      provides: capabilities(item.provides),
      requires: capabilities(item.requires),
      conflicts: capabilities(item.conflicts),
      obsoletes: capabilities(item.obsoletes),
      files: pathsOfFilesSection(fileList),
    })),
    // A spec may have its %check only with `with_check`.
    hasCheck: checked.hasCheck,
    digest: job.digest,
    includes: job.opened.flatMap(([name, digest]) => (isSource.has(name) ? [] : [{ name, digest }])),
  };
}

/** Sorts capabilities. Drops `rpmlib(…)`, which names abilities of rpm itself. */
function capabilities(names: readonly string[]): string[] {
  return [...new Set(names.filter((name) => !name.startsWith('rpmlib(')))].sort();
}

const patchFlag = 2;

/** Sources and patches, also those that only the `%check` has. @param opened digests of files that were read, by name */
function sourcesOf(answers: readonly SpecAnswer[], opened: ReadonlyMap<string, string>): Spec['sources'] {
  const all = answers.flatMap(({ sources }) =>
    sources.map(([full, name, number, flags]) => {
      const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(full) ? full.replace(/#.*$/, '') : undefined;
      const kind = (flags & patchFlag) === 0 ? ('source' as const) : ('patch' as const);
      const read = opened.get(name);
      return { name, url, kind, number, ...(read === undefined ? {} : { read }) };
    }),
  );
  const each = new Map(all.map((source) => [JSON.stringify(source), source]));
  return [...each.values()].sort((a, b) =>
    a.kind === b.kind ? a.number - b.number : a.kind === 'source' ? -1 : 1,
  );
}

function whyExcluded({ exclusiveArch, excludeArch }: SpecAnswer, arch: string): string | undefined {
  if (exclusiveArch.length > 0 && !exclusiveArch.includes(arch) && !exclusiveArch.includes('noarch')) {
    return `ExclusiveArch: ${exclusiveArch.join(' ')}`;
  }
  return excludeArch.includes(arch) ? `ExcludeArch: ${excludeArch.join(' ')}` : undefined;
}
