import { type Cause, rank } from './cause.ts';

/** Test suites. The first test that failed decides. */
export const testCauses: readonly Cause[] = [
  // Automake: its test-suite.log, then what its harness prints.
  { line: /^(?:FAIL|ERROR): \S/, next: /^=+$/, rank: rank.verdict, show: { after: 10 } },
  {
    line: /^(?:FAIL|ERROR|XPASS): [\w./+-]+(?: \(.*\)| \d+.*)?$/,
    rank: rank.test,
    show: { before: 2 },
    hint: (_, { after }) =>
      after(/^See \S*test-suite\.log/) && 'test-suite.log has its output: run make check VERBOSE=1 in %check',
    detail: /^\w*(?:Error|Exception)\b.*/,
  },
  {
    line: /^\s*\d+\/\d+ Test\s+#\d+: .*\*\*\*(?:Failed|Timeout|Exception|Not Run)/,
    rank: rank.test,
    hint: (_, { after }) =>
      after(/--rerun-failed --output-on-failure/) &&
      'Its output is not shown: run ctest with --output-on-failure',
    subject: /^(?:Could not|Unable to) find executable/,
    show: { after: 6 },
  },
  { line: /^\s*\d+\/\d+ .*\s(?:FAIL|TIMEOUT|ERROR)\s+\d/, rank: rank.test, show: { after: 8 } },
  // pytest: its last table names test and message.
  { line: /^(?:FAILED|ERROR) \S+::.* - /, rank: rank.verdict, subject: /^\S+\.py:\d+: / },
  { line: /^E\s{2,}\S/, subject: /^_{3,} .* _{3,}$/ },
  // Go
  { line: /^\s*--- FAIL: /, rank: rank.test },
  // Rust
  { line: /^---- \S+ stdout ----$/, rank: rank.verdict },
  { line: /^test .* \.\.\. FAILED$/, rank: rank.test },
  // Tcl, Ruby's minitest
  { line: /^==== .* FAILED$/, rank: rank.test, show: { after: 8 } },
  { line: /^\s*\d+\) (?:Failure|Error):$/, rank: rank.test, show: { after: 5 } },
  // TAP, prove
  {
    line: /^\s*#\s+Failed test/,
    rank: rank.test,
    hint: (_, { after }) => {
      const module = after(/^#.*you may need to install the ([\w:]+) module/)?.[1];
      return module === undefined ? undefined : `Add BuildRequires: perl(${module})`;
    },
    show: { after: 5 },
  },
  { line: /^\s*not ok \d+(?!.*# (?:TODO|SKIP))/i, rank: rank.probable },
  // check, GoogleTest
  { line: /^\S+:\d+:[FE]:\w+:/, rank: rank.test },
  { line: /^\S+:\d+: Failure$/, rank: rank.test, subject: /^\[ RUN /, show: { after: 6 } },
  { line: /^\[ {2}FAILED {2}\] /, rank: rank.probable },
  // Assertions and sanitizers
  { line: /: Assertion [`'].*' failed\.?$/ },
  { line: /ERROR: \w+Sanitizer: |: runtime error: /, show: { after: 3 } },
];
