import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { hostArchitecture } from '../base/architectures.ts';
import type { ActionContext } from '../github/action.ts';
import { needsBySpecs } from '../graph/declared-needs.ts';
import { findDeclared } from '../graph/graph.ts';
import { findInToolchain, indexToolchain, needsOnDemand } from '../graph/toolchain-index.ts';
import { ifAbsent } from '../host/files.ts';
import { lockFolder } from '../host/lock.ts';
import { readPlainFile } from '../host/plain-files.ts';
import type { OnDemandRpm } from '../model/on-demand.ts';
import type { Capability } from '../model/rpm.ts';
import { areStandIns } from '../model/toolchain.ts';
import { keyOf } from '../rpm/capability.ts';
import { isRich, parseRequirement, plainCapabilitiesOf, type Requirement } from '../rpm/requirement.ts';
import type { Revealed } from '../shards/worker/run-alone.ts';
import type { Generated } from '../solver/generated-requires.ts';
import type { Tree } from '../solver/solve-root.ts';
import type { ResultLookup } from '../store/store.ts';
import { type Lock, lockFile, longestLock, parseLock } from '../toolchain/lock.ts';
import { addToLock } from '../toolchain/on-demand/add.ts';
import { convertOnDemand, withoutOutdated } from '../toolchain/on-demand/convert.ts';
import { expectedRpms } from '../toolchain/on-demand/expected.ts';
import { type OnDemand, onDemandStandIns } from '../toolchain/on-demand/stand-ins.ts';
import { saveGrownToolchain } from '../toolchain/toolchain-cache.ts';
import { newestResults } from './newest-results.ts';
import type { FoundToolchain } from './toolchain.ts';

/** A toolchain with the stand-ins that specs asked for in its lock. */
export interface LockedToolchain extends FoundToolchain {
  lock: Lock;
  standIns: readonly OnDemand[];
  onDemand: readonly OnDemandRpm[];
}

/** Reads the lock of a toolchain. A toolchain of other RPMs than stand-ins, or without a lock, gets none on demand. */
export async function withLock(found: FoundToolchain): Promise<FoundToolchain & Partial<LockedToolchain>> {
  if (!areStandIns(found.toolchain)) return found;
  const text = await readPlainFile(found.lockPath, longestLock).catch(ifAbsent(undefined));
  if (text === undefined) return found;
  return withStandIns(found, parseLock(text, found.lockPath));
}

function withStandIns(found: FoundToolchain, lock: Lock): LockedToolchain {
  const standIns = onDemandStandIns(lock);
  const all = standIns.map(({ standIn }) => standIn);
  const toolchain = withoutOutdated(found.toolchain, all);
  return { ...found, toolchain, lock, standIns, onDemand: expectedRpms(standIns, toolchain) };
}

/** A tree, and its toolchain as far as it was found and added to. */
export interface GrownTree {
  tree: Tree;
  found: FoundToolchain & Partial<LockedToolchain>;
}

/** Looks up requirements in the host's package lists, and adds to the lock what has them. Converts nothing. */
export async function addStandIns(
  { tree, found }: GrownTree,
  wanted: readonly Requirement[],
  action: ActionContext,
  cacheDir: string,
): Promise<GrownTree> {
  if (found.lock === undefined || wanted.length === 0) return { tree, found };
  const release = await lockFolder(cacheDir, { wait: action.log, signal: action.signal });
  try {
    // The tree has some of them: who needs those in a cycle takes stand-ins all the same.
    const names = wanted.flatMap(plainCapabilitiesOf).map(keyOf);
    const locked = await add(found as LockedToolchain, names, action, cacheDir);
    return { tree: withToolchain(tree, locked), found: locked };
  } finally {
    await release();
  }
}

export interface GrowOptions {
  names: readonly string[];
  /** Further requirements of the checks that are run. */
  checks: (name: string) => readonly Capability[];
  store: ResultLookup;
  /** The requirements that `%generate_buildrequires` of packages named in earlier runs. */
  generated: Generated;
  cacheDir: string;
  /** Look up what is unknown; else the lock stays as it is. */
  mayAdd: boolean;
  /** Convert what the run needs. */
  mayConvert: boolean;
  /** The needs that builds of this run revealed. */
  revealed?: Revealed;
}

/**
 * Adds what a run needs and neither its tree nor its toolchain has: to the lock, and where the job builds also to the
 * toolchain folder. Returns the tree and the toolchain with it.
 */
export async function growToolchain(
  { tree, found }: GrownTree,
  action: ActionContext,
  options: GrowOptions,
): Promise<GrownTree> {
  if (found.lock === undefined) return { tree, found };
  const before = found as LockedToolchain;
  const release = await lockFolder(options.cacheDir, { wait: action.log, signal: action.signal });
  try {
    const { unmet: unmetByBuilds = [], unconverted = [] } = options.revealed ?? {};
    const revealed = [...(await revealedRequirements(tree, options)), ...unmetByBuilds.map(parseRequirement)];
    let [grown, locked] = [tree, before];
    if (options.mayAdd) {
      const unmet = options.names.flatMap(
        (name) => needsBySpecs(tree.declared, name, options.checks(name)).missing,
      );
      const names = [...unmet.map(({ capability }) => parseRequirement(capability)), ...revealed]
        .flatMap(plainCapabilitiesOf)
        .map(keyOf)
        .filter((name) => !isKnown(tree, name));
      locked = await add(before, names, action, options.cacheDir);
      grown = withToolchain(tree, locked);
    }
    if (!options.mayConvert) {
      await saveGrown(before, locked, action, options);
      return { tree: grown, found: locked };
    }
    const needed = [...new Set([...neededOnDemand(grown, revealed, options), ...unconverted])];
    const converted = await convert(locked, needed, action, options.cacheDir);
    await saveGrown(before, converted, action, options);
    return { tree: withToolchain(grown, converted), found: converted };
  } finally {
    await release();
  }
}

/** Saves a toolchain that grew in this job for later runs. What another job of the run shared is saved by that one. */
async function saveGrown(
  before: LockedToolchain,
  now: LockedToolchain,
  { log, signal }: ActionContext,
  { cacheDir, mayAdd }: GrowOptions,
): Promise<void> {
  const hasGrown = now.lock !== before.lock || now.toolchain !== before.toolchain;
  if (!mayAdd || !hasGrown || now.lockPath !== join(cacheDir, lockFile)) return;
  await saveGrownToolchain(now.toolchain, { dir: now.toolchainDir, cacheDir, log, signal });
}

/** True for a name of which the tree or the toolchain has another version: Debian's would hide that error. */
function isKnown({ declared }: Tree, name: string): boolean {
  return declared.providers.has(name) || declared.toolchain.providers.has(name);
}

async function add(
  locked: LockedToolchain,
  names: readonly string[],
  { log, signal }: ActionContext,
  cacheDir: string,
) {
  const { lock, lockPath } = locked;
  const apt = { dir: join(cacheDir, 'apt'), log, signal };
  const added = await addToLock(names, { lock, lockPath, arch: hostArchitecture.debian, cacheDir, apt });
  return added === lock ? locked : withStandIns(locked, added);
}

async function convert(
  locked: LockedToolchain,
  files: readonly string[],
  { log, signal }: ActionContext,
  cacheDir: string,
) {
  const { lock, standIns, onDemand, toolchain, toolchainDir } = locked;
  const closures = new Map(onDemand.map(({ file, closure }) => [file, closure]));
  const { toolchain: grown, failed } = await convertOnDemand(toolchain, files, {
    ...{ lock, standIns: standIns.map(({ standIn }) => standIn), dir: toolchainDir, cacheDir },
    ...{ closureOf: (file: string) => closures.get(file) ?? [], jobs: availableParallelism() },
    apt: { dir: join(cacheDir, 'apt'), log, signal },
  });
  const left = grown === toolchain ? locked : withStandIns({ ...locked, toolchain: grown }, lock);
  if (failed.size === 0) return left;
  // As if nobody had it: what needs one of these says so.
  const isWhole = ({ closure }: OnDemandRpm) => !closure.some((file) => failed.has(file));
  return { ...left, onDemand: left.onDemand.filter(isWhole) };
}

function withToolchain(tree: Tree, { toolchain, onDemand }: LockedToolchain): Tree {
  if (toolchain === tree.toolchain && onDemand === tree.onDemand) return tree;
  return {
    ...tree,
    toolchain,
    onDemand,
    declared: { ...tree.declared, toolchain: indexToolchain(toolchain, onDemand) },
  };
}

/**
 * The requirements of RPMs of earlier builds, and those that `%generate_buildrequires` named, which neither a spec nor the
 * base of the toolchain satisfies.
 */
async function revealedRequirements(
  tree: Tree,
  { names, store, generated }: GrowOptions,
): Promise<Requirement[]> {
  const { declared } = tree;
  const results = await newestResults(store, names);
  const provided = new Set(
    results.flatMap(({ rpms }) => rpms.flatMap(({ provides }) => provides)).map(providedName),
  );
  for (const { rpms } of results) for (const { files } of rpms) for (const path of files) provided.add(path);
  const isOfRun = new Set(names);
  const named = [...generated.values()].filter((run) => isOfRun.has(run.package));
  const texts = new Set([
    ...results.flatMap(({ rpms }) => rpms.flatMap(({ requires }) => requires)),
    ...named.flatMap(({ requirements }) => requirements),
  ]);
  return [...texts]
    .filter((text) => !text.startsWith('rpmlib('))
    .map(parseRequirement)
    .filter((wanted) => {
      if (isRich(wanted) || provided.has(keyOf(wanted)) || findDeclared(declared, wanted).length > 0)
        return false;
      const [best] = findInToolchain(declared.toolchain, wanted);
      return best === undefined || declared.toolchain.onDemand.has(best);
    });
}

function providedName(text: Capability): string {
  const [first] = plainCapabilitiesOf(parseRequirement(text));
  return first === undefined ? text : keyOf(first);
}

/** The stand-ins on demand that a run may need: by its specs, and by what earlier builds revealed. */
function neededOnDemand(
  { declared }: Tree,
  revealed: readonly Requirement[],
  { names, checks }: GrowOptions,
): string[] {
  const nodes = revealed.flatMap((wanted) => findInToolchain(declared.toolchain, wanted).slice(0, 1));
  const files = new Set(needsOnDemand(declared.toolchain, nodes).onDemand);
  for (const name of names)
    for (const file of needsBySpecs(declared, name, checks(name)).onDemand) files.add(file);
  return [...files].sort();
}
