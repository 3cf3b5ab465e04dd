import { basename, join } from 'node:path';
import { sourceDateEpoch } from '../base/source-date-epoch.ts';
import { textDigest } from '../host/digests.ts';
import type { Spec } from '../model/spec.ts';
import type { PlainCapability } from '../rpm/capability.ts';
import { normalisedRelease } from '../rpm/normalised.ts';
import { outputDigestSchema } from '../rpm/output-digest.ts';
import { parseRequirement, plainCapabilitiesOf } from '../rpm/requirement.ts';
import { type Bind, enterArguments, type SandboxOptions } from '../sandbox/arguments.ts';
import type { Root } from '../sandbox/overlay.ts';
import { transactionCommand, transactionHelpers, transactionSandbox } from '../sandbox/transaction.ts';
import { buildEnvironment, checkMacros, policyMacros, specCwd, topDir } from '../specs/macros/policy.ts';

/** rpm's macros that put version and release into every ELF file. Off, so that a new Release alone changes no file. */
const releaseInElf = ['_unique_debug_names', '_unique_debug_srcs', '_unique_build_ids'];

/** Requirements of every root in which rpmbuild runs. */
export const buildRootEssentials: readonly string[] = [
  'rpmbuild',
  'python3',
  'gcc',
  'make',
  'tar',
  'setpriv',
].map((name) => `/usr/bin/${name}`);

/** The parts of rpmbuild's work that are run one by one. */
export type BuildStep = 'srpm' | 'rpms' | 'check';

const stepArguments: Record<BuildStep, readonly string[]> = {
  srpm: ['-bs'],
  rpms: ['-bb', '--noclean', '--nocheck'],
  check: ['-bi', '--noclean'],
};

/**
 * The argv of rpmbuild for a spec below `topDir`/SPECS. A build root does not show releases, so rpmbuild does not check the
 * requirements of a spec that names one: the solver has. `defines` are macros of the distribution (`dist`, …). Pure.
 */
export function rpmbuildArguments(
  step: BuildStep,
  spec: Pick<Spec, 'path' | 'buildRequires' | 'checkRequires' | 'buildConflicts'>,
  defines: Readonly<Record<string, string>>,
): string[] {
  const requirements = [...spec.buildRequires, ...spec.checkRequires, ...spec.buildConflicts];
  const unchecked =
    step === 'srpm' || requirements.map(parseRequirement).flatMap(plainCapabilitiesOf).some(namesRelease);
  const macros = { ...defines, ...checkMacros(step === 'check') };
  return [
    'rpmbuild',
    ...stepArguments[step],
    ...(unchecked ? ['--nodeps'] : []),
    ...releaseInElf.map((name) => `--undefine=${name}`),
    ...Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]),
    `${topDir}/SPECS/${basename(spec.path)}`,
  ];
}

function namesRelease(capability: PlainCapability): boolean {
  return capability.kind === 'name' && capability.evr?.release !== undefined;
}

/** The layout of a staging folder: the spec, its included files and sources, the macros; their mode and time. */
export const staged = {
  spec: 'SPECS',
  sources: 'SOURCES',
  macros: policyMacros.name,
  mode: 0o644,
  time: sourceDateEpoch,
} as const;

/** The bind mounts that show a staging folder's content to a build. Pure. */
export function stagingBinds(staging: string, writable = false): Bind[] {
  return [
    { source: join(staging, staged.macros), target: `/etc/rpm/${policyMacros.name}` },
    { source: join(staging, staged.spec), target: `${topDir}/SPECS`, writable },
    { source: join(staging, staged.sources), target: `${topDir}/SOURCES`, writable },
  ];
}

/** The sandbox of rpmbuild over a staging folder. Pure. */
export function rpmbuildSandbox(root: Root, staging: string): SandboxOptions {
  return { root, cwd: specCwd, env: buildEnvironment, binds: stagingBinds(staging) };
}

const anyRoot: Root = { worker: '/worker', overlay: '/layer' };

const anySpec = { path: 'x.spec', buildRequires: [], checkRequires: [], buildConflicts: [] };

function rpmbuildPart(step: BuildStep, spec = anySpec): string[] {
  return enterArguments(rpmbuildArguments(step, spec, {}), rpmbuildSandbox(anyRoot, '/staging'));
}

const anyTransaction = {
  ...{ root: anyRoot, rpmDirs: [{ dir: '/rpms', files: [] }] },
  ...{ remove: [], sourceDateEpoch },
};

/** Everything about the run of a build that is the same for all packages. */
export const recipe = {
  macros: policyMacros.text,
  staged,
  srpm: rpmbuildPart('srpm'),
  rpms: rpmbuildPart('rpms'),
  seen: { digest: outputDigestSchema, release: normalisedRelease },
  installHelpers: transactionHelpers,
  install: enterArguments(transactionCommand, transactionSandbox('/run', anyTransaction)),
};

/** The digest of a recipe. Pure. */
export function digestOf(one: typeof recipe): string {
  return textDigest(JSON.stringify(one));
}

/** Part of every key. */
export const recipeDigest = digestOf(recipe);

/** Part of the key of every `%check`'s verdict. */
export const checkRecipeDigest = textDigest(JSON.stringify([recipeDigest, rpmbuildPart('check')]));
