/**
 * The kinds of causes for which a real spec is not built on stand-ins: what it needs is not in Debian, or there in another
 * version; the spec or its sources; azl. `unknown`: nobody has looked yet.
 */
export const causeKinds = ['stand-in missing', 'version of a stand-in', 'spec', 'azl', 'unknown'] as const;
export type CauseKind = (typeof causeKinds)[number];

/** A failure of a package, as `build.json` and its log tell it. */
export interface Failure {
  kind: string | undefined;
  /** The reason, and the lines of the log that name the cause. */
  text: string;
}

interface Rule {
  kind: CauseKind;
  /** The kind of the failure; any if absent. */
  failure?: RegExp;
  text: RegExp;
}

/** What the text of a failure tells. The first rule that matches counts. */
const rules: readonly Rule[] = [
  { kind: 'azl', failure: /^(?:clash|shards|time-budget)$/, text: /(?:)/ },
  { kind: 'azl', text: /the build root is not what its key lists|internal error|Traceback .*parse\.py/ },
  // Stand-ins that cannot be beside each other, or beside what a spec built; a source that has lost its mode.
  {
    kind: 'azl',
    text: /takes the place of|conflicts with file from package|\/SOURCES\/\S+: Permission denied/,
  },
  { kind: 'version of a stand-in', text: /is provided by nothing.*There is |The toolchain has / },
  {
    kind: 'stand-in missing',
    failure: /^(?:requirement|input)$/,
    text: /is provided by nothing|not provided/,
  },
  {
    kind: 'version of a stand-in',
    text: /(?:requires?|required|need|needs|found|minimum).{0,40}(?:version|>=|at least)|too (?:old|new)|version mismatch|[Vv]ersion .{0,40}(?:is|required)/,
  },
  {
    kind: 'stand-in missing',
    text: /nothing provides |No such file or directory|not found|no job control|not a meson build directory|[Cc]annot (?:find|locate|generate system identifier)|cannot create executables|cannot run test program|Unbound module|[Cc]ould(?: not|n't) find|No module named|Can't locate|missing|Unable to find|[Cc]an't find/,
  },
  {
    kind: 'version of a stand-in',
    text: /error: (?:.*(?:undeclared|was not declared|unknown type name|has no member|implicit declaration|too (?:few|many) arguments|incompatible))|undefined reference to/,
  },
  {
    kind: 'spec',
    text: /Installed \(but unpackaged\)|File not found|Bad exit status|is (?:no|not) (?:plain|legal)/,
  },
];

/** Returns the kind of the cause of a failure. Pure. */
export function causeOf(failure: Failure): CauseKind {
  const fits = ({ failure: kinds, text }: Rule) =>
    (kinds === undefined || kinds.test(failure.kind ?? '')) && text.test(failure.text);
  return rules.find(fits)?.kind ?? 'unknown';
}
