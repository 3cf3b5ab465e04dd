import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Problem } from '../base/problems.ts';
import { bytesToSearch, textToSearch } from '../host/find-places.ts';
import type { Spec } from '../model/spec.ts';
import {
  hasPlainNames,
  isSpecAnswer,
  type JobAnswer,
  pathsNotFound,
  problemsOfOutput,
  type SpecAnswer,
} from './answer.ts';
import { type AskedSpec, type AskOptions, askRpm } from './ask-rpm.ts';
import { checkSpecs, problemsOfAnswer } from './check.ts';
import { type FoundSpecs, findSpecs, type SpecError, type SpecFile, specFile } from './find.ts';
import { guessVersions } from './guess-versions.ts';
import { type Remembering, recallOrAsk } from './recall.ts';
import { pathsOfFilesSection } from './text.ts';
import { askWithVersions, type VersionedAnswer } from './version-macros.ts';

/** Where specs are, and how they are parsed. */
export interface ParseOptions extends AskOptions {
  /** As the user wrote them: problems name files below them. */
  specsDirs: readonly string[];
  /** The answers of earlier parses. Default: rpm is asked about every spec. */
  remembering?: Remembering;
  /** The dist tag, when specs get the version macros that they name. Default: they get none. */
  versionsWithout?: string | undefined;
  /** The packages to parse. Default: all. */
  only?: ReadonlySet<string>;
}

/**
 * Parses every spec of folders with the worker's rpm, in a sandbox, each as a user of its own. A spec is given the files
 * that a build gets, and no others. Specs with errors are not among the result.
 */
export async function parseSpecs(options: ParseOptions): Promise<{ specs: Spec[]; errors: SpecError[] }> {
  const { arch, log } = options;
  const { files, errors, replaced } = await findWanted(options);
  for (const warning of replaced) log.warn(warning);
  const answers = await answersAbout(files, options);
  const specs: Spec[] = [];
  for (const [index, found] of files.entries()) {
    const { answer, macros } = answers[index] as VersionedAnswer;
    const problems = await problemsOf(found, answer);
    const each = new Map(problems.map((one) => [`${one.line} ${one.message}`, one])).values();
    errors.push(...[...each].map((problem) => ({ packages: [found.package], problem })));
    if (problems.length === 0 && answer?.answers)
      specs.push({
        ...toSpec(found, answer, answer.answers, arch),
        ...(Object.keys(macros).length > 0 && { versionMacros: macros }),
      });
  }
  return { specs, errors: [...errors, ...checkSpecs(specs)] };
}

async function answersAbout(files: readonly SpecFile[], options: ParseOptions): Promise<VersionedAnswer[]> {
  const { remembering, versionsWithout } = options;
  const ask = async (specs: readonly AskedSpec[]) =>
    await (remembering === undefined ? askRpm(specs, options) : recallOrAsk(specs, options, remembering));
  if (versionsWithout !== undefined) {
    const read = files.map((file) => ({ package: file.package, bytes: () => bytesToSearch(specFile(file)) }));
    return await askWithVersions(files, ask, versionsWithout, guessVersions(read, versionsWithout));
  }
  const answers = await ask(files.map((file) => ({ ...file, macros: {} })));
  return answers.map((answer) => ({ answer, macros: {} }));
}

async function findWanted({ specsDirs, only }: ParseOptions): Promise<FoundSpecs> {
  const found = await findSpecs(specsDirs);
  if (only === undefined) return found;
  const files = found.files.filter((file) => only.has(file.package));
  const errors = found.errors.filter(({ packages }) => packages.some((name) => only.has(name)));
  return { files, errors, replaced: [] };
}

async function problemsOf(found: SpecFile, answer: JobAnswer | undefined): Promise<Problem[]> {
  const file = specFile(found);
  if (answer === undefined) return problemsOfOutput(file, 'gave no answer', '');
  const { problems, answers, ended, output } = answer;
  if (problems !== undefined) return problems.map((problem) => ({ ...problem, file }));
  const outside = await problemsOutside(found, output);
  if (outside.length > 0) return outside;
  if (answers === null) return problemsOfOutput(file, ended ?? '', output, await readFile(file, 'utf8'));
  if (!hasPlainNames(answer)) {
    const message = 'this spec reads a file whose name is not UTF-8 or holds control characters';
    return [{ file, message, hint: 'Rename the file.' }];
  }
  if (answers.every(isSpecAnswer)) {
    const text = () => textToSearch(file, found.specsDir);
    return answers.flatMap((one) => problemsOfAnswer(file, one, text));
  }
  const message =
    'this spec has a name, version, path or dependency with control characters or of absurd length';
  return [{ file, message, hint: 'Look for line breaks in what its macros expand to.' }];
}

/** Problems of files of the tree that a spec looks for, although they do not lie in its folder: a build has none. */
async function problemsOutside(found: SpecFile, output: string): Promise<Problem[]> {
  const notFound = pathsNotFound(output);
  if (notFound.length === 0) return [];
  const root = await realpath(found.specsDir);
  const folder = dirname(join(root, found.path));
  const problems: Problem[] = [];
  for (const wanted of notFound) {
    const place = relative(root, resolve(folder, wanted));
    const isInTree = !place.startsWith('../') && relative(folder, join(root, place)).startsWith('../');
    if (!isInTree || !(await stat(join(root, place)).catch(() => undefined))) continue;
    const message = `this spec reads '${wanted}', which lies outside of its folder`;
    problems.push({
      file: specFile(found),
      message,
      hint: 'A spec can read the files beside it: put a copy there.',
    });
  }
  return problems;
}

/** Makes a spec from rpm's answers without and, where it may differ, with `%check`. Pure. */
function toSpec(found: SpecFile, job: JobAnswer, answers: readonly SpecAnswer[], arch: string): Spec {
  const answer = answers[0] as SpecAnswer;
  const checked = answers.at(-1) as SpecAnswer;
  const buildRequires = capabilities(answer.buildRequires);
  const { name, epoch, version, release, noSource } = answer;
  const programs = new Set(job.programs);
  const sources = sourcesOf(answers, new Map(job.opened), programs);
  const isSource = new Set(sources.map((source) => source.name));
  return {
    ...{ package: found.package, specsDir: found.specsDir, path: found.path, name, epoch, version, release },
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
    ...(answers.some(({ generates }) => generates) && { generates: true }),
    digest: job.digest,
    includes: job.opened
      .filter(([name]) => !isSource.has(name))
      .map(([name, digest]) => ({ name, digest, ...(programs.has(name) && { executable: true }) })),
  };
}

/** Sorts capabilities. Drops `rpmlib(…)`, which names abilities of rpm itself. */
function capabilities(names: readonly string[]): string[] {
  return [...new Set(names.filter((name) => !name.startsWith('rpmlib(')))].sort();
}

const patchFlag = 2;

/**
 * Sources and patches, also those that only the `%check` has.
 * @param opened digests of files that were read, by name
 * @param programs names of files that may be executed
 */
function sourcesOf(
  answers: readonly SpecAnswer[],
  opened: ReadonlyMap<string, string>,
  programs: ReadonlySet<string>,
): Spec['sources'] {
  const all = answers.flatMap(({ sources }) =>
    sources.map(([full, name, number, flags]) => {
      const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(full) ? full.replace(/#.*$/, '') : undefined;
      const kind = (flags & patchFlag) === 0 ? ('source' as const) : ('patch' as const);
      const read = opened.get(name);
      const executable = programs.has(name);
      return {
        name,
        url,
        kind,
        number,
        ...(read !== undefined && { read }),
        ...(executable && { executable }),
      };
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
