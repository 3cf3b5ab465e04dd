import { createHash } from 'node:crypto';
import type { BuildPolicy } from '../model/build-policy.ts';
import type { Components } from '../model/build-result.ts';
import type { Rpm } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';

/** To be raised when the meaning of a key changes: every result is then built again. */
const keySchema = '2';

/** Everything that a key is made from. `decisions.ts` has a decision for each field of each type in it. */
export interface KeyInput {
  spec: Spec;
  /** SHA-256 by base name, of Sources (from the signatures) and patches. */
  sources: Readonly<Record<string, string>>;
  arch: string;
  /** Macros of the distribution, all of which every build is given. */
  defines: Readonly<Record<string, string>>;
  /** Digest of argv, environment, policy macros and user. */
  recipe: string;
  workerDigest: string;
  /** The policies of its build. */
  policies: readonly BuildPolicy[];
  /** Packages that it takes from the toolchain, because they need it themselves (break-cycles). */
  brokenCycles: readonly string[];
  /** Everything installed in the build root when rpmbuild starts. */
  installed: readonly Rpm[];
  /** True if the build sees the true rpm database of its root, not a normalised one. */
  releaseAware: boolean;
}

/** The components of a key, by name. Pure. */
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
  for (const { name, executable } of [...spec.includes, ...spec.sources])
    if (executable) components[`executable:${name}`] = 'yes';
  const macros = { ...input.defines, ...spec.versionMacros };
  for (const [name, value] of Object.entries(macros)) components[`macro:${name}`] = value;
  for (const policy of input.policies) components[`policy:${policy}`] = 'on';
  for (const name of input.brokenCycles) components[`cycle:${name}`] = 'toolchain';
  for (const rpm of input.installed) {
    components[installedName(rpm)] = rpm.outputDigest;
    if (input.releaseAware) components[`file:${rpm.name}.${rpm.arch}`] = rpm.shipDigest;
  }
  return components;
}

/** The names of components by RPM: each is in many roots. */
const installedNames = new WeakMap<Rpm, string>();

function installedName(rpm: Rpm): string {
  const name = installedNames.get(rpm) ?? `installed:${rpm.name}.${rpm.arch}`;
  installedNames.set(rpm, name);
  return name;
}

/** SHA-256 over the components, each after its length, so that no two sets have the same text. Pure. */
export function keyOf(components: Components): string {
  let text = '';
  // Without a function, `sort` compares code units, as `order` does, and is faster.
  for (const name of Object.keys(components).sort()) {
    const value = components[name] as string;
    text += `${Buffer.byteLength(name)}:${name}${Buffer.byteLength(value)}:${value}`;
  }
  return createHash('sha256').update(text).digest('hex');
}
