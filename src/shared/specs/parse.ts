import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Log } from '../base/log.ts';
import type { Problem } from '../base/problems.ts';
import { textDigest } from '../host/digests.ts';
import { removeTree } from '../host/folders.ts';
import type { Spec } from '../model/spec.ts';
import { builder } from '../sandbox/arguments.ts';
import { createOverlay } from '../sandbox/overlay.ts';
import { runInSandbox } from '../sandbox/run.ts';
import { isSpecAnswer, type JobAnswer, problemsOfOutput, type SpecAnswer } from './answer.ts';
import { baseName, checkSpecs, problemsOfAnswer } from './check.ts';
import { findSpecs, type SpecError, type SpecFile } from './find.ts';
import { checkMacros } from './macros/policy.ts';
import { dependsOnCheck, pathsOfFilesSection } from './text.ts';

const helper = readFileSync(new URL('./parse.py', import.meta.url), 'utf8');

/** Where specs are, and how they are parsed. */
export interface ParseOptions {
  /** As the user wrote it: problems name files below it. */
  specsDir: string;
  /** The worker's tree. */
  worker: string;
  /** The folder for a temporary overlay. */
  overlaysDir: string;
  /** Loaded after rpm's own macros, in this order. */
  macroFiles: readonly { name: string; text: string }[];
  defines: Readonly<Record<string, string>>;
  /** `x86_64`, `aarch64`. */
  arch: string;
  /** Specs read at the same time. */
  jobs: number;
  /** Seconds that one spec may take. Default: 60. */
  secondsPerSpec?: number;
  log: Log;
  signal?: AbortSignal;
}

/** A spec before rpm has read it. */
type Found = SpecFile & { text: string; digest: string };

/** A file that a spec includes or names. */
type Include = Spec['includes'][number] & { text: string };

/**
 * Parses every spec of a folder with the worker's rpm, in a sandbox, each as a user of its own. Specs with errors are not
 * among the result.
 */
export async function parseSpecs(options: ParseOptions): Promise<{ specs: Spec[]; errors: SpecError[] }> {
  const { files, errors } = await findSpecs(options.specsDir);
  const root = files.length === 0 ? options.specsDir : await realpath(options.specsDir);
  const found = await Promise.all(
    files.map(async (file): Promise<Found> => ({ ...file, ...(await readText(join(root, file.path))) })),
  );
  const jobs = found.flatMap((spec) =>
    (dependsOnCheck(spec.text) ? [false, true] : [false]).map((check) => ({ spec, check })),
  );
  const answers = jobs.length === 0 ? [] : await askRpm(root, jobs, options);
  const specs: Spec[] = [];
  for (const [index, { spec, check }] of jobs.entries()) {
    if (check) continue;
    const plain = answers[index];
    const checked = jobs[index + 1]?.check ? answers[index + 1] : plain;
    const file = join(options.specsDir, spec.path);
    const problems = [...new Set([plain, checked])].flatMap((answer) => problemsOf(file, answer));
    const each = new Map(problems.map((one) => [`${one.line} ${one.message}`, one])).values();
    errors.push(...[...each].map((problem) => ({ packages: [spec.package], problem })));
    if (problems.length > 0 || !plain?.answer || !checked?.answer) continue;
    const includes = await readIncludes(root, spec, plain.answer);
    specs.push(toSpec(spec, plain.answer, checked.answer, options.arch, includes));
  }
  return { specs, errors: [...errors, ...checkSpecs(options.specsDir, specs)] };
}

async function readText(path: string): Promise<{ text: string; digest: string }> {
  const bytes = await readFile(path);
  return { text: bytes.toString('utf8'), digest: textDigest(bytes) };
}

function problemsOf(file: string, answer: JobAnswer | undefined): Problem[] {
  if (answer === undefined) return problemsOfOutput(file, 'gave no answer', '');
  if (answer.answer === null) return problemsOfOutput(file, answer.ended ?? '', answer.output);
  if (isSpecAnswer(answer.answer)) return problemsOfAnswer(file, answer.answer);
  const message =
    'this spec has a name, version, path or dependency with control characters or of absurd length';
  return [{ file, message, hint: 'Look for line breaks in what its macros expand to.' }];
}

async function askRpm(
  root: string,
  jobs: readonly { spec: SpecFile; check: boolean }[],
  options: ParseOptions,
): Promise<JobAnswer[]> {
  await mkdir(options.overlaysDir, { recursive: true });
  const dir = await mkdtemp(join(options.overlaysDir, 'parse-'));
  try {
    const overlay = await createOverlay(join(dir, 'overlay'));
    const macroFiles = options.macroFiles.map((_, index) => `/azl/${index}.macros`);
    const request = {
      arch: options.arch,
      macroFiles,
      defines: options.defines,
      atOnce: options.jobs,
      seconds: options.secondsPerSpec ?? 60,
      firstUid: builder.uid + 1,
      jobs: jobs.map(({ spec, check }) => ({ path: `/specs/${spec.path}`, macros: checkMacros(check) })),
    };
    await mkdir(join(dir, 'azl'));
    await writeFile(join(dir, 'azl', 'parse.py'), helper);
    await writeFile(join(dir, 'azl', 'request.json'), JSON.stringify(request));
    await Promise.all(
      options.macroFiles.map(({ text }, index) => writeFile(join(dir, macroFiles[index] as string), text)),
    );
    const answers: JobAnswer[] = [];
    await runInSandbox(['/usr/bin/python3', '-IB', '/azl/parse.py', '/azl/request.json'], {
      root: { worker: options.worker, overlay },
      as: 'root',
      env: { HOME: builder.home, USER: 'builder' },
      binds: [
        { source: root, target: '/specs' },
        { source: join(dir, 'azl'), target: '/azl' },
      ],
      onLine: (line) => {
        const answer = JSON.parse(line) as JobAnswer;
        answers[answer.index] = answer;
        options.log.progress(`specs read: ${answers.filter(Boolean).length} of ${jobs.length}`);
      },
      signal: options.signal,
    });
    return answers;
  } finally {
    await removeTree(dir);
  }
}

/** The files of the spec's folder, besides its sources, that it includes or names: they may change its meaning. */
async function readIncludes(root: string, spec: Found, answer: SpecAnswer): Promise<Include[]> {
  const folder = join(root, dirname(spec.path));
  const sources = new Set(answer.sources.map(([source]) => baseName(source)));
  const candidates = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .filter((name) => !sources.has(name) && !/\.spec$|\.signatures\.json$/.test(name))
    .sort();
  const brought = new Set(answer.brought.map(baseName));
  const includes: Include[] = [];
  const texts = [spec.text];
  for (let text = texts.pop(); text !== undefined; text = texts.pop()) {
    for (const name of candidates) {
      if (includes.some((include) => include.name === name) || !(brought.has(name) || text.includes(name)))
        continue;
      const include = { name, ...(await readText(join(folder, name))) };
      includes.push(include);
      texts.push(include.text);
    }
  }
  return includes.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Makes a spec from rpm's answers without and with `%check` and from the texts. Pure. */
function toSpec(
  found: Found,
  answer: SpecAnswer,
  checked: SpecAnswer,
  arch: string,
  includes: readonly Include[],
): Spec {
  const buildRequires = capabilities(answer.buildRequires);
  const { name, epoch, version, release, noSource } = answer;
  return {
    ...{ package: found.package, path: found.path, name, epoch, version, release },
    sourceRpm: `${name}-${version}-${release}.${noSource ? 'nosrc' : 'src'}.rpm`,
    excluded: whyExcluded(answer, arch),
    buildRequires,
    checkRequires: capabilities(checked.buildRequires).filter((one) => !buildRequires.includes(one)),
    buildConflicts: capabilities(answer.buildConflicts),
    sources: sourcesOf(answer),
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
    digest: found.digest,
    includes: includes.map(({ text: _, ...include }) => include),
  };
}

/** Sorts capabilities. Drops `rpmlib(…)`, which names abilities of rpm itself. */
function capabilities(names: readonly string[]): string[] {
  return [...new Set(names.filter((name) => !name.startsWith('rpmlib(')))].sort();
}

const patchFlag = 2;

function sourcesOf(answer: SpecAnswer): Spec['sources'] {
  return answer.sources
    .map(([source, number, flags]) => {
      const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(source) ? source.replace(/#.*$/, '') : undefined;
      const kind = (flags & patchFlag) === 0 ? ('source' as const) : ('patch' as const);
      return { name: baseName(source), url, kind, number };
    })
    .sort((a, b) => (a.kind === b.kind ? a.number - b.number : a.kind === 'source' ? -1 : 1));
}

function whyExcluded({ exclusiveArch, excludeArch }: SpecAnswer, arch: string): string | undefined {
  if (exclusiveArch.length > 0 && !exclusiveArch.includes(arch) && !exclusiveArch.includes('noarch')) {
    return `ExclusiveArch: ${exclusiveArch.join(' ')}`;
  }
  return excludeArch.includes(arch) ? `ExcludeArch: ${excludeArch.join(' ')}` : undefined;
}
