import { type Cause, noNetwork, type Place, rank } from './cause.ts';
import { macroHint } from './compilers.ts';

const noPackage =
  /^(?:--\s+)?(?:No package '([^']+)' found|Package '?([^\s',]+)'?,? (?:required by .*|was )?not found)/;

function pkgconfig(find: Place['before']): string | undefined {
  const name = find(noPackage)?.slice(1).find(Boolean);
  return name === undefined ? undefined : `Add BuildRequires: pkgconfig(${name})`;
}

/** configure, autotools, CMake, Meson, make, ninja. */
export const buildToolCauses: readonly Cause[] = [
  {
    line: /^configure: error: Package requirements/,
    detail: noPackage,
    hint: (_, { after }) => pkgconfig(after),
  },
  {
    line: /^configure: error: .*compiler cannot create executables/,
    hint: 'Its config.log says why. CFLAGS or LDFLAGS may name what is not there, or no compiler is installed.',
  },
  {
    line: /: \.\/(?:configure|autogen\.sh|bootstrap): No such file or directory$/,
    rank: rank.probable,
    hint: 'The archive has no such script: run autoreconf -fi in %prep, or use the build system that it has now',
  },
  { line: /^configure: error: (?!in [`'])/, subject: /^checking .*\bno$/ },
  {
    line: /\bconfigure: line \d+: ([A-Z][A-Z0-9_]{3,}): command not found/,
    hint: ([, macro]) => macroHint(macro),
  },
  { line: /\bconfigure: line \d+: syntax error near unexpected token [`']([A-Z][A-Z0-9_]*)/ },
  { line: /^(?:automake|autoconf|aclocal|autoheader|libtoolize|autopoint|gtkdocize)(?:-[\d.]+)?: error: / },
  {
    line: /^WARNING: [`']([\w.-]+)' is (?:missing|needed)/,
    subject: /command not found/,
    hint: 'The files of the build system are older than their sources: run autoreconf -fi in %prep',
  },
  { line: /^autoreconf: (?:error: )?.* failed with exit status/, rank: rank.echo },
  {
    line: /^\s+Could NOT find (\S+)/,
    rank: rank.verdict,
    hint: 'Add the -devel package of $1 to BuildRequires',
    subject: /^CMake Error/,
  },
  {
    line: /^CMake Error(?: at [^\s:]+:\d+)?/,
    hint: (match, place) => cmakeHint(match, place),
    subject: noPackage,
    show: { after: 6 },
  },
  {
    line: /^\S*meson\.build:\d+:\d+: ERROR: Dependency "([^"]+)" (?:not found|is required)/i,
    hint: 'Add BuildRequires: pkgconfig($1)',
    show: { before: 1, after: 1 },
  },
  {
    line: /^\S*meson\.build:\d+:\d+: ERROR: Program '([^' ]+)/,
    hint: ([, program]) => `Add BuildRequires: /usr/bin/${program}`,
    show: { before: 1, after: 1 },
  },
  {
    line: /^\S*meson\.build:\d+:\d+: ERROR: Git command failed/,
    rank: rank.verdict,
    hint: 'A build has no network: add what the subproject builds to BuildRequires, or its sources as a Source',
    show: { before: 2, after: 1 },
  },
  {
    line: /^\S*meson\.build:\d+:\d+: ERROR: Unknown options?: (.*)$/,
    hint: 'This version has no option $1: drop it from the spec',
    show: { after: 1 },
  },
  {
    line: /^(?:\S*meson(?:\.build|_options\.txt|\.options):\d+:\d+: )?ERROR: (?!Exception:)/,
    show: { after: 2 },
  },
  {
    line: /^make(?:\[\d+\])?: \*\*\* No rule to make target '([^']+)'/,
    hint: ([, target]) =>
      target?.startsWith('/') === true
        ? `No package of the build root has ${target}: add the one that does to BuildRequires`
        : `'${target}' is not in the source and nothing makes it: it was renamed, or a step before this one is missing`,
  },
  {
    line: /^make(?:\[\d+\])?: \*\*\* No targets specified and no makefile found/,
    hint: 'This folder has no Makefile: the source has another build system, or configure was not run here',
  },
  { line: /^\S*[Mm]akefile\S*:\d+: \*\*\* |^ninja: error: / },
  { line: /^FAILED: /, rank: rank.perhaps, show: { after: 8 } },
];

function cmakeHint({ input }: RegExpExecArray, { before, after }: Place): string | undefined {
  const program = after(/^\s+Could not find \S+ using the following names: ([\w.+-]+)/)?.[1];
  if (program !== undefined && input.includes('(find_program)'))
    return `Add BuildRequires: /usr/bin/${program}`;
  if (after(/^\s*error: downloading '/) !== undefined) return noNetwork;
  const config = after(/^\s+"?([\w.+-]+?)(?:Config\.cmake|-config\.cmake)$/)?.[1];
  if (config !== undefined) return `Add BuildRequires: cmake(${config})`;
  if (after(/^\s+CMake [\d.]+ or higher is required/) !== undefined) return undefined;
  return after(/A required package was not found|required packages were not found/) && pkgconfig(before);
}
