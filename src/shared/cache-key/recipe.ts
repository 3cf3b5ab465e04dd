import { basename, join } from 'node:path';
import { sourceDateEpoch } from '../base/source-date-epoch.ts';
import { textDigest } from '../host/digests.ts';
import type { BuildPolicy } from '../model/build-policy.ts';
import type { Capability, Rpm } from '../model/rpm.ts';
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
  'cp',
  'tar',
  'setpriv',
].map((name) => `/usr/bin/${name}`);

/** The parts of rpmbuild's work that are run one by one. */
export type BuildStep = 'srpm' | 'requirements' | 'rpms' | 'check' | 'check requirements';

const stepArguments: Record<BuildStep, readonly string[]> = {
  srpm: ['-bs'],
  requirements: ['-br'],
  rpms: ['-bb', '--noclean', '--nocheck'],
  check: ['-bi', '--noclean'],
  'check requirements': ['-br'],
};

/**
 * The argv of rpmbuild for a spec below `topDir`/SPECS. A build root does not show releases, so rpmbuild does not check the
 * requirements of a spec that names one: the solver has. `defines` are macros of the distribution (`dist`, …). Pure.
 * @param generated requirements that its `%generate_buildrequires` named
 */
export function rpmbuildArguments(
  step: BuildStep,
  spec: Pick<Spec, 'path' | 'buildRequires' | 'checkRequires' | 'buildConflicts' | 'versionMacros'>,
  defines: Readonly<Record<string, string>>,
  generated: readonly Capability[] = [],
): string[] {
  const declared = [...spec.buildRequires, ...spec.checkRequires, ...spec.buildConflicts];
  const requirements = [...declared, ...generated].map(parseRequirement).flatMap(plainCapabilitiesOf);
  const unchecked = uncheckedSteps.has(step) || requirements.some(namesRelease);
  const macros = {
    ...{ ...defines, ...spec.versionMacros },
    ...checkMacros(step === 'check' || step === 'check requirements'),
  };
  return [
    'rpmbuild',
    ...stepArguments[step],
    ...(unchecked ? ['--nodeps'] : []),
    ...releaseInElf.map((name) => `--undefine=${name}`),
    ...Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]),
    `${topDir}/SPECS/${basename(spec.path)}`,
  ];
}

/** Steps in whose roots requirements may be missing. Unchecked, `-br` always writes the RPM that names all of them. */
const uncheckedSteps: ReadonlySet<BuildStep> = new Set(['srpm', 'requirements', 'check requirements']);

function namesRelease(capability: PlainCapability): boolean {
  return capability.kind === 'name' && capability.evr?.release !== undefined;
}

/** The layout of a staging folder: the spec, its included files and sources, the macros; their modes and time. */
export const staged = {
  spec: 'SPECS',
  sources: 'SOURCES',
  macros: policyMacros.name,
  mode: 0o644,
  /** The mode of a file beside the spec that its owner may execute. */
  programMode: 0o755,
  time: sourceDateEpoch,
} as const;

/** The bind mounts that show a staging folder's spec and sources in a folder of a sandbox. Pure. */
function stagingBinds(staging: string, folder: string): Bind[] {
  return [staged.spec, staged.sources].map((name) => ({
    ...{ source: join(staging, name), target: `${folder}/${name}` },
  }));
}

const userOf = (policies: readonly BuildPolicy[]) =>
  policies.includes('build-as-root') ? 'root' : 'builder';

/** Where a staging folder is shown while it is copied. */
const shown = '/run';

/**
 * The command that copies a staging folder's spec and sources into a root. They are the build's own files there: it may
 * change and move them, as with rpmbuild elsewhere, and they count as its disk space. Pure.
 * @param isAgain true if what is there stays as it is. Some versions of cp then end with 1
 */
export function copyStagedCommand(isAgain = false): string[] {
  const options = ['--recursive', '--preserve=mode,timestamps', ...(isAgain ? ['--no-clobber'] : [])];
  return ['cp', ...options, '--', `${shown}/${staged.spec}`, `${shown}/${staged.sources}`, topDir];
}

/** The sandbox of {@link copyStagedCommand}. Pure. */
export function copyStagedSandbox(
  root: Root,
  staging: string,
  policies: readonly BuildPolicy[] = [],
): SandboxOptions {
  return { root, as: userOf(policies), binds: stagingBinds(staging, shown) };
}

/** The bind mounts that show a staging folder to rpmbuild: its macros, and for an SRPM, read-only, its spec and sources. Pure. */
function rpmbuildBinds(step: BuildStep, staging: string): Bind[] {
  return [
    { source: join(staging, staged.macros), target: `/etc/rpm/${policyMacros.name}` },
    ...(step === 'srpm' ? stagingBinds(staging, topDir) : []),
  ];
}

/**
 * The sandbox of rpmbuild over a staging folder. Its root, under `build-as-root`, may change owners and every file of the
 * build root, and nothing of the host: no mounts, devices, modules or networks. Pure.
 */
export function rpmbuildSandbox(
  step: BuildStep,
  root: Root,
  staging: string,
  policies: readonly BuildPolicy[] = [],
): SandboxOptions {
  const as = userOf(policies);
  return { root, as, cwd: specCwd, env: buildEnvironment, binds: rpmbuildBinds(step, staging) };
}

/** The command, as root of a build root, that removes libtool's archives of what is installed there. Pure. */
export function removeArchives(installed: readonly Pick<Rpm, 'files'>[]): string[] {
  return [
    'rm',
    '-f',
    '--',
    ...installed.flatMap(({ files }) => files.filter((path) => path.endsWith('.la'))),
  ];
}

const anyRoot: Root = { worker: '/worker', overlay: '/layer' };

const anySpec = { path: 'x.spec', buildRequires: [], checkRequires: [], buildConflicts: [] };

function rpmbuildPart(step: BuildStep, policies: readonly BuildPolicy[] = []): string[] {
  const sandbox = rpmbuildSandbox(step, anyRoot, '/staging', policies);
  return enterArguments(rpmbuildArguments(step, anySpec, {}), sandbox);
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
  copyStaged: enterArguments(copyStagedCommand(), copyStagedSandbox(anyRoot, '/staging')),
  rpms: rpmbuildPart('rpms'),
  asRoot: rpmbuildPart('rpms', ['build-as-root']),
  removeArchives: removeArchives([{ files: ['/x.la'] }]),
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

/** Part of the key of every run of a `%generate_buildrequires`, for a build and for a `%check`. */
export const generateRecipeDigest = textDigest(
  JSON.stringify([rpmbuildPart('requirements'), rpmbuildPart('check requirements')]),
);

/** Part of the key of every `%check`'s verdict. */
export const checkRecipeDigest = textDigest(JSON.stringify([recipeDigest, rpmbuildPart('check')]));
