import { order } from '../base/order.ts';
import type { BuildParts, Result } from '../model/build-result.ts';
import type { Outcome } from '../model/outcome.ts';
import type { NonReproducible } from './non-reproducible.ts';

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
    rpms: { path: string; sha256: string }[];
    check?: 'passed' | 'failed';
    /** Of a failure in a workflow run: the artifact that holds its log, `<name>.log`; of a check `<name>.check.log`. */
    logArtifact?: string;
    /** The jobs of the run built different RPMs of it under one key: the first build counts. */
    nonReproducible?: Omit<NonReproducible, 'package'>;
    /** It was built on a build that does not count, and then again. */
    builtAgain?: true;
  }[];
}

/** The facts of `build.json` besides the outcomes. */
export interface BuildFacts {
  /** Where an RPM was published, below the out folder. */
  pathOf: (rpm: { file: string; arch: string }) => string;
  /** The RPMs of an outcome that were published. */
  publishedRpms: (outcome: Outcome) => Result['rpms'];
  /** Whether the `%check` of a package passed, where it ran. */
  checks: ReadonlyMap<string, boolean>;
  /** The artifact that holds the log of a package that failed. */
  logOf: (name: string) => string | undefined;
  /** Packages of which the jobs of the run built different RPMs under one key, and those that were built again for it. */
  nonReproducible: readonly NonReproducible[];
  builtAgain: readonly string[];
}

/** Builds the content of `build.json`. Pure. */
export function buildJson(outcomes: ReadonlyMap<string, Outcome>, facts: BuildFacts): BuildJson {
  const packages = [...outcomes]
    .sort(([a], [b]) => order(a, b))
    .map(([name, outcome]) => {
      const result = 'result' in outcome ? outcome.result : undefined;
      const failure = outcome.state === 'failed' ? outcome : undefined;
      const nonReproducible = facts.nonReproducible.find((one) => one.package === name);
      const check = facts.checks.get(name);
      const logArtifact = failure === undefined && check !== false ? undefined : facts.logOf(name);
      return {
        name,
        state: outcome.state,
        reason: outcome.reason,
        key: result?.key ?? failure?.key ?? null,
        seconds: result?.seconds ?? failure?.seconds ?? null,
        parts: result?.parts ?? null,
        rpms: facts.publishedRpms(outcome).map((rpm) => ({
          path: facts.pathOf(rpm),
          sha256: rpm.shipDigest,
        })),
        ...(check === undefined ? {} : { check: check ? ('passed' as const) : ('failed' as const) }),
        ...(logArtifact === undefined ? {} : { logArtifact }),
        ...(nonReproducible === undefined ? {} : { nonReproducible: buildsOf(nonReproducible) }),
        ...(facts.builtAgain.includes(name) ? { builtAgain: true as const } : {}),
      };
    });
  return { schema: 'azl/build', version: 2, packages };
}

function buildsOf({ rpms, counts, others }: NonReproducible): Omit<NonReproducible, 'package'> {
  return { rpms, counts, others };
}
