import { order } from '../base/order.ts';
import type { BuildParts, Result } from '../model/build-result.ts';
import type { FailureKind, Outcome } from '../model/outcome.ts';
import type { NonReproducible } from './non-reproducible.ts';
import type { SummaryFacts } from './summary.ts';

/** `out/build.json` (docs/schema/build.schema.json). */
export interface BuildJson {
  schema: 'azl/build';
  version: 2;
  packages: {
    name: string;
    state: string;
    reason: string;
    key: string | null;
    seconds: number | null;
    parts: BuildParts | null;
    /** The kind of a failure. */
    kind?: FailureKind;
    /** The line of its spec that failed, from 1. */
    line?: number;
    rpms: { path: string; sha256: string }[];
    check?: 'passed' | 'failed';
    /** In a workflow run: the artifact with the log of a failed build, `<name>.log`, or check, `<name>.check.log`. */
    logArtifact?: string;
    /** Builds of several jobs under one key differ: the first one counts. */
    nonReproducible?: Omit<NonReproducible, 'package'>;
    /** It was first built on a build that does not count. */
    builtAgain?: true;
  }[];
}

/** The content of `build.json` besides the outcomes. */
interface BuildFacts extends Pick<SummaryFacts, 'logOf' | 'nonReproducible' | 'builtAgain'> {
  /** The path of a published RPM below `out-dir`. */
  pathOf: (rpm: { file: string; arch: string }) => string;
  /** The RPMs of an outcome that were published. */
  publishedRpms: (outcome: Outcome) => Result['rpms'];
  /** True if the `%check` of a package passed; absent where none ran. */
  checks: ReadonlyMap<string, boolean>;
}

/** Writes the outcome of each package as data, sorted by name. Pure. */
export function buildJson(outcomes: ReadonlyMap<string, Outcome>, facts: BuildFacts): BuildJson {
  const packages = [...outcomes]
    .sort(([a], [b]) => order(a, b))
    .map(([name, outcome]): BuildJson['packages'][number] => {
      const { state, reason } = outcome;
      const result = 'result' in outcome ? outcome.result : undefined;
      const failure = state === 'failed' ? outcome : undefined;
      const check = facts.checks.get(name);
      const differing = facts.nonReproducible.find((one) => one.package === name);
      return {
        ...{ name, state, reason, key: result?.key ?? failure?.key ?? null },
        seconds: result?.seconds ?? failure?.seconds ?? null,
        parts: result?.parts ?? null,
        kind: failure?.kind,
        line: failure?.line,
        rpms: facts
          .publishedRpms(outcome)
          .map((rpm) => ({ path: facts.pathOf(rpm), sha256: rpm.shipDigest })),
        check: check === undefined ? undefined : check ? 'passed' : 'failed',
        logArtifact: failure === undefined && check !== false ? undefined : facts.logOf(name),
        nonReproducible: differing && buildsOf(differing),
        builtAgain: facts.builtAgain.includes(name) || undefined,
      };
    });
  return { schema: 'azl/build', version: 2, packages };
}

function buildsOf({ rpms, counts, others }: NonReproducible): Omit<NonReproducible, 'package'> {
  return { rpms, counts, others };
}
