import { type Cause, rank } from './cause.ts';

const vendor =
  'A build has no network: list the dependencies of this program as a Source (a vendor archive), and unpack it in %prep.';

const pythonModule = 'Add the package of the Python module $1 to BuildRequires (python3-$1 or the like)';

/** Programming languages and their package managers. */
export const languageCauses: readonly Cause[] = [
  // Rust
  {
    line: /^error\[E0463\]: can't find crate for [`']([\w-]+)/,
    detail: /^\s*--> /,
    hint: "The crate '$1' is neither in the archive nor in the build root",
  },
  { line: /^error\[E\d+\]: /, detail: /^\s*--> /, show: { after: 6 } },
  {
    line: /^error: (?:no matching package named|failed to get|failed to download|failed to load source) /,
    rank: rank.verdict,
    hint: vendor,
  },
  {
    line: /requires rustc ([\d.]+) or newer, while .* is ([\d.]+)/,
    hint: 'It needs Rust $1, and the build root has $2: another rust package, or an older version of this one',
  },
  {
    line: /^error: (?:failed to (?:parse|select)|the lock file .* needs to be updated|rustc .* is not supported)/,
  },
  { line: /^thread '.*' panicked at /, show: { after: 3 } },
  { line: /^error: (?:could not compile|aborting due to|test failed|command .* failed)/, rank: rank.echo },
  // Go
  {
    line: /^go: inconsistent vendoring/,
    hint: 'vendor/ does not fit go.mod: make the vendor archive again for this version',
  },
  {
    line: /^go: .*requires go >= ([\d.]+) \(running go ([\d.]+)/,
    hint: 'It needs Go $1, and the build root has $2: another golang package, or an older version of this one',
  },
  {
    line: /cannot find (?:module providing package|package)|missing go\.sum entry|is not in (?:GOROOT|std)|no required module provides package/,
    hint: vendor,
  },
  {
    line: /^go: (?:go\.mod file not found|cannot find main module)/,
    hint: 'This folder has no go.mod: look at the archive and at cd',
  },
  { line: /^(?:\.{0,2}\/)?[^\s:]+\.go:\d+:(?:\d+:)? / },
  // Java
  {
    line: /^\[ERROR\] .*(?:could not be resolved|Cannot access \S+ \(\S+\) in offline mode)/,
    hint: 'Maven finds this artifact nowhere, and a build has no network: add the package that has it to BuildRequires',
    show: { after: 0 },
  },
  { line: /^\[ERROR\] \S/, rank: rank.probable },
  // Python
  {
    line: /^\s*(?:E\s+)?(?:ModuleNotFound|Import)Error: No module named '?([\w-]+)/,
    last: true,
    subject: /^\s*File ".*", line \d+|^\S+\.py:\d+: in /,
    hint: pythonModule,
  },
  {
    line: /(?:No matching distribution found for|Could not find a version that satisfies the requirement) ([\w.-]+)/,
    rank: rank.verdict,
    hint: 'A build has no network. Add python3-$1 to BuildRequires, and build without isolation (--no-build-isolation).',
  },
  {
    line: /^\S*python[\d.]*: No module named '?([\w-]+)/,
    hint: pythonModule,
  },
  {
    line: /^\s{1,8}(?:[\w.]+\.)?\w+(?:Error|Exception): \S/,
    last: true,
    subject: /^\s*File ".*", line \d+/,
  },
  {
    line: /^(?:[\w.]+\.)?\w*(?:Error|Exception)\b(?:: .*)?$/,
    last: true,
    subject: /^\s*File ".*", line \d+|^\/\S+:\d+$/,
  },
  // Perl
  {
    line: /Can't locate (?:\S+\.pm) in @INC \(you may need to install the ([\w:]+) module\)/,
    detail: /^BEGIN failed/,
    hint: 'Add BuildRequires: perl($1)',
    show: { after: 1 },
  },
  {
    line: /^Warning: prerequisite ([\w:]+) .*not found/,
    rank: rank.probable,
    hint: 'Add BuildRequires: perl($1)',
  },
  { line: / at \S+\.(?:p[lm]|PL|t) line \d+[.,]?/, rank: rank.probable, show: { after: 3 } },
  // Ruby
  {
    line: /cannot load such file -- (\S+)/,
    hint: 'Add the package of the Ruby library $1 to BuildRequires: rubygem(…)',
  },
  { line: /^mkmf\.rb can't find header files/, hint: 'Add BuildRequires: ruby-devel', show: { after: 2 } },
  { line: /^ERROR:\s+While executing gem/ },
  { line: /^\S+\.rb:\d+:in .*\((?:\w+::)*\w*(?:Error|Exception)\)$/ },
  // OCaml
  {
    line: /^ocamlfind: Package [`']([\w.-]+)' not found/,
    hint: 'Add the package of the OCaml library $1 to BuildRequires (ocaml-$1-devel)',
  },
  { line: /^Error: (?:This|Unbound|Some|Cannot|Unused|Signature|The)\b/, subject: /^File "/ },
  // JavaScript
  {
    line: /^(?:\s*\w*\s*)?Error:? Cannot find module '([^']+)'/,
    detail: /^- \//,
    rank: rank.verdict,
    hint: "The module '$1' is not in the archive, and a build has no network: list it as a Source",
    show: { after: 1 },
  },
  { line: /^npm (?:ERR!|error) (?!code|syscall|errno|path|A complete log)/ },
  // Tcl, Vala
  { line: /^can't find package (\S+)/, hint: 'Add the package of the Tcl library $1 to BuildRequires' },
  {
    line: /^error: Package [`']([\w.+-]+)' not found in specified Vala API/,
    hint: 'Add the package with $1.vapi to BuildRequires',
  },
];
