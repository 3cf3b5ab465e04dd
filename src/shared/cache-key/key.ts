import { createHash } from 'node:crypto';
import { order } from '../base/order.ts';
import type { Components } from '../model/key-components.ts';
import type { Capability, Rpm } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import { nameOf, parseCapability, termsOf } from '../rpm/capability.ts';
import { parseEvr } from '../rpm/version.ts';

/** Raise it when a key's meaning changes: every result is then built once more. */
const keySchema = '1';

/** Everything that a key is made from. Each field of each type in it is decided on in `decisions.ts`. */
export interface KeyInput {
  spec: Spec;
  /** SHA-256 by base name, of Sources (from the signatures) and patches. */
  sources: Readonly<Record<string, string>>;
  arch: string;
  /** Macros of the distribution: those that the spec names count. */
  defines: Readonly<Record<string, string>>;
  /** Digest of argv, environment, policy macros and user. */
  recipe: string;
  workerDigest: string;
  /** Everything installed in the build root when rpmbuild starts. */
  installed: readonly Rpm[];
}

/** Takes the parts of a key from what it is made from. Pure. */
export function keyComponents(input: KeyInput): Components {
  const { spec } = input;
  const components: Components = {
    schema: keySchema,
    spec: spec.digest,
    arch: input.arch,
    recipe: input.recipe,
    worker: input.workerDigest,
  };
  for (const include of spec.includes) components[`include:${include.name}`] = include.digest;
  for (const source of spec.sources) {
    const digest = input.sources[source.name];
    if (digest !== undefined) components[`${source.kind}:${source.name}`] = digest;
  }
  const named = new Set(spec.macrosNamed);
  for (const [name, value] of Object.entries(input.defines)) {
    if (named.has(name)) components[`macro:${name}`] = value;
  }
  for (const rpm of input.installed) components[`installed:${rpm.name}.${rpm.arch}`] = rpm.outputDigest;
  for (const rpm of releasesSeen(spec, input.installed)) {
    components[`release:${rpm.name}.${rpm.arch}`] = `${rpm.epoch}:${rpm.version}-${rpm.release}`;
  }
  return components;
}

/** SHA-256 over the components, each with its length before it, so that no two sets of them read alike. */
export function keyOf(components: Components): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(components).sort(order)) {
    const value = components[name] as string;
    hash.update(`${Buffer.byteLength(name)}:${name}${Buffer.byteLength(value)}:${value}`);
  }
  return hash.digest('hex');
}

/** RPMs whose release this build looks at: a requirement names it, or the spec asks rpm's database. */
function releasesSeen(spec: Spec, installed: readonly Rpm[]): Rpm[] {
  if (spec.queriesRpmDatabase) return [...installed];
  const names = new Set(spec.buildRequires.flatMap(termsOf).filter(namesRelease).map(nameOf));
  return installed.filter(
    (rpm) => names.has(rpm.name) || rpm.provides.some((provide) => names.has(nameOf(provide))),
  );
}

function namesRelease(capability: Capability): boolean {
  const { evr } = parseCapability(capability);
  return evr !== undefined && parseEvr(evr).release !== undefined;
}
