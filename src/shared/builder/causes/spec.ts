import { counted } from '../../base/counted.ts';
import type { RpmError } from '../rpmbuild-log.ts';
import type { Cause } from './cause.ts';

/** A kind of error that rpm itself reports, and its meaning. */
export interface SpecError {
  message: RegExp;
  /** The reason, for `count` errors of this kind. */
  reason: (match: RegExpExecArray, count: number, error: RpmError) => string;
  hint?: (match: RegExpExecArray) => string | undefined;
}

const files = (count: number) => counted(count, 'file');

/** A path of `%files` that rpm did not find. */
export const missingFile = /^(?:File|Directory) not found(?: by glob)?: (\/.*)$/;

/** Errors that rpm reports of its own steps, and what they mean. */
export const specErrors: readonly SpecError[] = [
  {
    message: missingFile,
    reason: (_, count) => `%files: ${files(count)} not found`,
  },
  {
    message: /^Installed \(but unpackaged\) file\(s\) found:$/,
    reason: (_match, _count, { details }) => `%files: ${files(details.length)} installed and not listed`,
    hint: () => 'List them in %files, or remove them at the end of %install',
  },
  {
    message: /^Arch dependent binaries in noarch package/,
    reason: () => '%files: a noarch package holds programs of one architecture',
    hint: () => 'Drop BuildArch: noarch, or the programs',
  },
  {
    message: /^Could not open %files file (\S+): /,
    reason: ([, file]) => `%files: the list ${file?.split('/').at(-1)} is not there`,
    hint: () =>
      'A step before writes this list (%find_lang, %pyproject_save_files …): it is missing, or its -f names another',
  },
  {
    message: /^Empty %files file (\S+)/,
    reason: ([, file]) => `%files: the list ${file?.split('/').at(-1)} is empty`,
    hint: ([, file]) =>
      file?.endsWith('/debugsourcefiles.list') === true
        ? 'No source of the programs was found: compile with -g and without stripping, or %global debug_package %{nil}'
        : 'The step that writes this list found nothing',
  },
  {
    message: /^File must begin with "\/": (.*)$/,
    reason: ([, path]) => `%files: '${path}' does not begin with /`,
    hint: ([, path]) =>
      path?.startsWith('%') === true
        ? `No macro file defines ${path.split('/')[0]}: add the package that does to BuildRequires`
        : undefined,
  },
  {
    message: /^Failed build dependencies:$/,
    reason: (_match, _count, { details }) =>
      `BuildRequires are not installed: ${details.map((one) => one.replace(/ is needed by .*/, '')).join(', ')}`,
  },
  {
    message: /^Bad (?:file|source): (\S+): No such file/,
    reason: ([, file]) => `the source ${file?.split('/').at(-1)} is not there`,
  },
  {
    message: /^line (\d+): (.*)$/,
    reason: ([, line, what]) => `rpm cannot read line ${line} of the spec: ${what}`,
  },
  {
    message: /^Duplicate build-ids (\S+) and (\S+)/,
    reason: () => '%files: two programs have one build id',
    hint: () => 'They are the same program twice: make the second a link',
  },
];

/** Errors of rpm's helpers at the end of %install. */
export const helperCauses: readonly Cause[] = [
  {
    line: /^No translations found for (\S+) in /,
    hint: 'The build installs no $1.mo: gettext is missing in BuildRequires, or the name differs. Else drop %find_lang.',
  },
  {
    line: /^Found '.*' in installed files; aborting$/,
    hint: 'These files name the build root: prefix or DESTDIR is set at the wrong step',
    show: { before: 4, after: 0 },
  },
  {
    line: /^ERROR +\d+: file '(\S+)' contains an? (?:invalid|insecure|empty|standard|forbidden)/,
    hint: 'Link without that -rpath, or remove it in %install: patchelf --remove-rpath %{buildroot}$1',
    show: { after: 0 },
  },
  { line: /^\*{3} ERROR: /, show: { before: 1 } },
];
