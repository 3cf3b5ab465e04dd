import { order } from '../base/order.ts';
import { digest, list, object, plainName, type Schema, text } from '../base/schema.ts';
import { textDigest } from '../host/digests.ts';
import { readJson, writeJson } from '../host/json-files.ts';
import type { Capability } from '../model/rpm.ts';

/** One run of a `%generate_buildrequires`: the requirements that it named. */
export interface GeneratedRun {
  key: string;
  package: string;
  requirements: Capability[];
}

/** Runs by key. */
export type Generated = ReadonlyMap<string, GeneratedRun>;

/**
 * The bounds of one run, many times what any package names; and the runs of one package, each in a root that holds what
 * those before named, after which it counts as endless.
 */
export const generatedLimits = { requirements: 10_000, characters: 4096, rounds: 20 } as const;

/** Matches what a run may name: printable ASCII, as in the names of packages. */
export const generatedPattern = /^[!-~](?:[ -~]*[!-~])?$/;

const requirements: Schema<Capability[]> = list(
  text(generatedLimits.characters, generatedPattern),
  generatedLimits.requirements,
);

export const generatedRunSchema = object<GeneratedRun>({ key: digest, package: plainName, requirements });

/** The runs of `%generate_buildrequires` that a job knows. */
export interface GeneratedRequires {
  /** Returns the requirements that the run under a key named; undefined if it is not known. */
  get(key: string): readonly Capability[] | undefined;
  /**
   * Notes a run. A section may name others when it runs again: of two lists under one key, the first by its text counts.
   * So all jobs come to the same, in whatever order they hear of them.
   * @returns `other` when it replaces what was known
   */
  add(run: GeneratedRun): 'old' | 'more' | 'other';
  /** The runs of which the other jobs of this run may not know. */
  readonly found: Generated;
}

/** The runs of earlier runs and of the jobs of this run. */
export interface SavedGenerated extends GeneratedRequires {
  /** The runs to save: those that this run asked for and, unless it is over all specs, all others. */
  kept(): Generated;
  save(): Promise<void>;
}

/** Returns the key of a run in the root that a build's key describes. Pure. @param recipe how it is run */
export function generatedKey(recipe: string, buildKey: string): string {
  return textDigest(JSON.stringify(['azl generated requirements 1', recipe, buildKey]));
}

/** Returns what a run named that was not required before. Pure. */
export function newlyNamed(named: readonly Capability[], before: readonly Capability[]): Capability[] {
  const known = new Set(before);
  return named.filter((one) => !known.has(one));
}

/** Returns a memory of runs. @param known those that all jobs know. It gets the others, so a plan has them for all jobs */
export function rememberGenerated(known: Map<string, GeneratedRun> = new Map()) {
  const [found, asked] = [new Map<string, GeneratedRun>(), new Set<string>()];
  const memory: GeneratedRequires & { readonly asked: ReadonlySet<string> } = {
    ...{ found, asked },
    get: (key) => {
      asked.add(key);
      return known.get(key)?.requirements;
    },
    add: (run) => {
      const { key } = run;
      const before = known.get(key);
      const text = (one: GeneratedRun) => JSON.stringify([one.requirements, one.package]);
      if (before !== undefined && order(text(run), text(before)) >= 0) return 'old';
      known.set(key, run);
      found.set(key, run);
      return before === undefined ? 'more' : 'other';
    },
  };
  return memory;
}

/**
 * Opens a file of runs, which may be absent.
 * @param isWhole true if the run is over all specs: then it needs no others
 * @param index further runs
 */
export async function openGenerated(
  file: string,
  isWhole: boolean,
  { generated: known }: { readonly generated: Map<string, GeneratedRun> },
): Promise<SavedGenerated> {
  const memory = rememberGenerated(known);
  for (const run of (await readJson(list(generatedRunSchema), file)) ?? []) memory.add(run);
  const kept = () => new Map([...known].filter(([key]) => !isWhole || memory.asked.has(key)));
  return {
    ...memory,
    kept,
    save: async () => {
      const sorted = [...kept().values()].sort((a, b) => order(a.key, b.key));
      if (sorted.length > 0) await writeJson(file, sorted);
    },
  };
}
