import { type Cause, noNetwork, rank } from './cause.ts';

const buildRequires = (program: string | undefined) =>
  program === undefined || program.includes('/') ? undefined : `Add BuildRequires: /usr/bin/${program}`;

/** Programs, files, memory, disk and network. */
export const systemCauses: readonly Cause[] = [
  {
    line: /Could not resolve (?:host|proxy)|unable to resolve host|Temporary failure in name resolution|Name or service not known|EAI_AGAIN|Network is unreachable|dial tcp|UnknownHostException|NewConnectionError/i,
    hint: noNetwork,
  },
  {
    line: /No space left on device/,
    hint: 'The disk is full, or a folder in memory (/dev/shm, /run), which holds at most 512 MiB.',
  },
  {
    line: /Killed signal terminated program|Cannot allocate memory|virtual memory exhausted|out of memory/i,
    hint: 'The memory of this machine was used up: fewer jobs at once (`%make_build -j2`), or a larger machine.',
  },
  {
    line: /^make(?:\[\d+\])?: \*\*\* \[.*\] Killed$|line \d+:\s+\d+ Killed\s/,
    hint: 'A program was killed from outside. If the memory was used up, run fewer jobs at once.',
  },
  {
    line: /^make(?:\[\d+\])?: (\S+): (?:No such file or directory|Command not found)$/,
    hint: ([, program]) => buildRequires(program),
    show: { before: 1 },
  },
  {
    line: /: (?:cannot execute: required file not found|.*bad interpreter: No such file or directory)$/,
    hint: 'Its first line names an interpreter that is not installed: change that line in %prep, or add the BuildRequires.',
  },
  {
    line: /(?:^|: )(?:line )?\d+: ([^\s:]+): (?:command )?not found$/,
    rank: rank.probable,
    hint: ([, program]) => buildRequires(program),
  },
  {
    line: /\benv: ['‘"]?([\w.+-]+)['’"]?: No such file or directory$/,
    hint: ([, program]) => buildRequires(program),
  },
  {
    line: /: (?:line \d+: |\d+: )?cd: (?:can't cd to )?([^\s:]+)(?:: No such file or directory)?$/,
    rank: rank.probable,
    hint: ([, folder], { section }) =>
      section === '%prep'
        ? `The archive has no folder '${folder}': name its own with %setup -n`
        : `The source has no folder '${folder}'`,
  },
  {
    line: /(?:^|: )(?:line )?\d+: (\.{0,2}\/\S+): Permission denied$/,
    rank: rank.probable,
    hint: '$1 is not executable: run it by its interpreter, or chmod +x it in %prep.',
  },
  {
    line: /cannot (?:create|remove|open|touch|stat)\b.*['‘](\/\S+)['’].*: Permission denied$/,
    rank: rank.probable,
    hint: 'A build is not root. It may write below its own folder and %{buildroot}: set prefix or DESTDIR.',
  },
  { line: /: Permission denied$|^.*\[Errno 13\]/, rank: rank.perhaps },
  {
    line: /Segmentation fault|Bus error|Illegal instruction|Aborted\s|core dumped/,
    rank: rank.probable,
    show: { before: 2, after: 2 },
  },
  {
    line: /^(?:cp|mv|ln|install|chmod|chown|rm|sed|strip|objcopy|objdump|ar|tar|touch|gzip|patchelf|rmdir|diff|cmp|cat|head): .*?(?:cannot stat|can't read|cannot access|no such file)?.*?['‘ ]([^'’\s:]+)['’]?: No such file(?: or directory)?$/i,
    rank: rank.probable,
    hint: ([, file], { section }) =>
      section === '%install' && file?.includes('/BUILDROOT/') !== true
        ? `The build made no '${file}': look at its name and folder, or whether an option turned it off.`
        : undefined,
  },
  {
    line: /(?:chang(?:e|ing) (?:the )?(?:ownership|owner|group)|mknod).*: Operation not permitted$/,
    hint: 'A build is not root: drop the owner (-o, -g, chown), and write it in %files: %attr(0755, user, group)',
  },
  {
    line: /: (?:Argument list too long|Text file busy|Too many open files|Read-only file system|Is a directory|Not a directory|Directory not empty|Operation not permitted)$/,
    rank: rank.probable,
  },
  {
    line: /Attempt to load network entity (\S+)/,
    hint: 'A build has no network, and no package of the build root has this file: add docbook-style-xsl or docbook-dtds to BuildRequires',
  },
  { line: /^\S+\.po:\d+: (?!warning)/, rank: rank.probable },
  { line: /^(?:cp|mv|ln|install|mkdir|rm|rmdir): /, rank: rank.probable },
  { line: /^\S+ \S+ differ: (?:char|byte) |^cmp: EOF on |^(?:Binary f|F)iles \S+ and \S+ differ$/ },
  {
    line: /^(?:-{3}|\*{3}) \S/,
    next: /^(?:\+{3}|-{3}) \S/,
    rank: rank.probable,
    show: { after: 9 },
  },
  {
    line: /^gpgv?2?: (?:BAD signature|no valid OpenPGP data|Can't check signature)/,
    hint: 'The signature does not fit the source: look at the number of the Source, and at the keyring.',
  },
];

/** The file that a command of %prep works on: the last of SOURCES in its trace. */
const source = /\/SOURCES\/([^\s/]+)/;

/** Sources and patches. */
export const sourceCauses: readonly Cause[] = [
  {
    line: /Reversed \(or previously applied\) patch detected/,
    rank: rank.verdict,
    hint: (_, { before }) => `${patchOf(before)} is in this version already: drop it`,
  },
  {
    line: /^can't find file to patch|^No file to patch\. /,
    rank: rank.verdict,
    hint: (_, { before, after }) =>
      `${patchOf(before)} changes ${(after(patched) ?? before(patched))?.[1] ?? 'a file'}, which is not there: look at its -p, or drop that part`,
  },
  {
    line: /^\d+ out of \d+ hunks? (?:FAILED|failed)(?:.* to (?:file )?(.+)\.rej)?$/,
    subject: /^Hunk #\d+ FAILED|^patching file /,
    hint: ([, file], { before }) =>
      `${patchOf(before)} does not apply${file === undefined ? '' : ` to ${file}`}: make it again for this version`,
  },
  {
    line: /^error: patch failed: (\S+):\d+/,
    rank: rank.verdict,
    hint: ([, file], { before }) =>
      `${patchOf(before)} does not apply to ${file}: make it again for this version`,
  },
  {
    line: /Only garbage was found in the patch input|^\S*patch: \*{4} (?:malformed|unexpected)/,
    hint: (_, { before }) => `${patchOf(before)} is not a patch: look at what was downloaded`,
  },
  {
    line: /does not look like a tar archive|not in gzip format|File format not recognized|not a bzip2 file|[Uu]nexpected end of (?:file|input|archive)|End-of-central-directory signature not found|zipfile is empty|unsupported format|Unknown compression/,
    hint: (_, { before }) =>
      `The source${before(source) === undefined ? '' : ` ${before(source)?.[1]}`} is damaged, or another format than its name says`,
  },
];

/** The file that a patch changes, as patch shows it. */
const patched = /^\|\+\+\+ (?:[ab]\/)?(\S+)/;

function patchOf(before: (pattern: RegExp) => RegExpExecArray | undefined): string {
  return (
    before(/\/SOURCES\/([^\s/]+)$|^Patch #\d+ \((.*)\):$/)
      ?.slice(1)
      .find(Boolean) ?? 'A patch'
  );
}
