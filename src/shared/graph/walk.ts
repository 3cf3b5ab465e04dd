import { order } from '../base/order.ts';
import {
  firstChoice,
  isSingle,
  parseRequirement,
  plainCapabilitiesOf,
  type Requirement,
  type RichCapability,
  withoutAnd,
} from '../rpm/requirement.ts';
import { edgesOf } from './edges.ts';
import { findDeclared, type Graph, isExcludedProvider, newGraph, plainPolicy } from './graph.ts';
import type { Missing, Needs, NeedsOptions, Wait } from './needs.ts';
import { byVersion, providesAll, type RpmNode } from './nodes.ts';
import {
  type Asker,
  failedOf,
  findForToolchain,
  findProvider,
  needsAsker,
  type Provider,
} from './providers.ts';
import {
  type Availability,
  chooseTerm,
  conditionHolds,
  isTrue,
  onlyGrows,
  type RichContext,
  requiredOperands,
} from './rich.ts';
import { findInToolchain, needsOnDemand } from './toolchain-index.ts';

/** Finds the needs of the build of `name`. The same results give the same needs, in whatever order they came. */
export function needsOf(graph: Graph, name: string, options: NeedsOptions = {}): Needs {
  const walk = new Walk(graph, name, options);
  walk.run();
  return walk.needs();
}

/** Finds the needs of a build, with what earlier builds point to if something is missing else. */
export function needsOrPointers(graph: Graph, name: string, options: NeedsOptions = {}): Needs {
  const needs = needsOf(graph, name, options);
  const isMissing = needs.missing.length > 0 && graph.declared.policy.pointers.size > 0;
  return isMissing ? needsOf(graph, name, { ...options, withPointers: true }) : needs;
}

/** The RPMs that lead from a package to each package that its build needs. With `graph` as {@link asDeclared}. */
export function pathsOf(graph: Graph, name: string, options: NeedsOptions = {}): Map<string, string[]> {
  const walk = new Walk(graph, name, options);
  walk.run();
  return walk.paths();
}

/** A requirement, and the RPM that has it: undefined for the asker's spec. */
interface Asked {
  wanted: Requirement;
  by: RpmNode | undefined;
}

/**
 * The way from the requirements of a package to everything that its root may hold. Plain requirements are followed to their
 * end first. Then, one after the other, those are decided on whose meaning depends on what the root holds.
 */
class Walk implements RichContext {
  private readonly graph: Graph;
  private readonly options: NeedsOptions;
  private readonly asker: Asker;
  /** RPMs of the tree, each with the one that requires it. */
  private readonly reached = new Map<RpmNode, RpmNode | undefined>();
  private readonly prebuilt = new Set<RpmNode>();
  private readonly queue: Asked[] = [];
  /** RPMs that were reached, and are to be followed. */
  private readonly nodes: RpmNode[] = [];
  /** By the package that asks, as it may have been built with a provider of its own. */
  private readonly seen = new Map<string, Set<Requirement>>();
  /** Rich dependencies and requirements on the root that are not decided yet. */
  private open: Asked[] = [];
  private readonly waits = new Map<string, Wait>();
  private readonly missing: Missing[] = [];
  private readonly isCommon: boolean;

  constructor(graph: Graph, name: string, options: NeedsOptions) {
    this.graph = graph;
    this.options = options;
    const { declared } = graph;
    const conflicts = declared.buildConflicts.get(name) ?? [];
    const pointers = options.withPointers === true ? declared.policy.pointers : plainPolicy.pointers;
    const isSearchOver = options.isSearchOver === true;
    const filled = { brokenCycles: new Set<string>(), guessed: new Set<string>() };
    this.asker = { name, conflicts, ...filled, pointers, isSearchOver };
    const hasPolicy = [...declared.policy.breakCycles].some((one) => needsAsker(graph, this.asker, one));
    const isPlain = conflicts.length === 0 && !declared.toolchainFirst.has(name);
    this.isCommon = isPlain && !hasPolicy && options.isWide !== true;
    const own = declared.buildRequires.get(name) ?? [];
    const more = [...(options.more ?? []), ...(options.generated ?? [])].map(parseRequirement);
    this.ask([...own, ...more], undefined);
  }

  run(): void {
    do this.drain();
    while (this.decideTrueCondition() || (this.waits.size === 0 && this.decideNext()));
  }

  needs(): Needs {
    return {
      ...needsOnDemand(this.graph.declared.toolchain, this.prebuilt),
      packages: [...new Set([...this.reached.keys()].map((node) => node.package))].sort(order),
      waits: [...this.waits.values()].sort((a, b) => order(a.package, b.package)),
      missing: this.options.isWide === true ? [] : this.missing,
      brokenCycles: [...this.asker.brokenCycles].sort(order),
      guessed: this.asker.guessed,
    };
  }

  paths(): Map<string, string[]> {
    const paths = new Map<string, string[]>();
    for (const node of this.reached.keys())
      if (!paths.has(node.package)) paths.set(node.package, this.pathTo(node));
    return paths;
  }

  holds(single: Requirement): boolean {
    for (const node of this.reached.keys()) if (providesAll(node, single)) return true;
    return findInToolchain(this.graph.declared.toolchain, single).some((node) => this.isInRoot(node));
  }

  availability(single: Requirement): Availability {
    return this.availabilityIn(this.graph, single);
  }

  get unbuilt(): RichContext {
    const graph = newGraph(this.graph.declared);
    const unbuilt: RichContext = {
      holds: (single) => this.holds(single),
      availability: (single) => this.availabilityIn(graph, single),
      get unbuilt() {
        return unbuilt;
      },
    };
    return unbuilt;
  }

  private availabilityIn(graph: Graph, single: Requirement): Availability {
    const { declared } = graph;
    const packages = findDeclared(declared, single).map((node) => node.package);
    if (packages.some((name) => !needsAsker(graph, this.asker, name))) return 'declared';
    if (findInToolchain(declared.toolchain, single).length > 0) return 'declared';
    if (packages.length > 0) return 'cycle';
    const provider = findProvider(graph, this.asker, single, undefined);
    return provider.by === 'nothing' ? 'nothing' : 'guess';
  }

  private ask(requirements: readonly Requirement[], by: RpmNode | undefined): void {
    if (requirements.length === 0) return;
    const seen = this.seen.get(by?.package ?? '') ?? new Set<Requirement>();
    this.seen.set(by?.package ?? '', seen);
    for (const wanted of requirements.flatMap(withoutAnd)) {
      if (seen.has(wanted)) continue;
      seen.add(wanted);
      this.queue.push({ wanted, by });
    }
  }

  private drain(): void {
    while (this.queue.length > 0 || this.nodes.length > 0) {
      for (const asked of this.queue.splice(0)) {
        const { wanted, by } = asked;
        if (isSingle(wanted)) this.take(findProvider(this.graph, this.asker, wanted, by), asked);
        else if (this.options.isWide === true) this.ask(plainCapabilitiesOf(wanted), by);
        else this.open.push(asked);
      }
      for (const node of this.nodes.splice(0)) this.follow(node);
    }
  }

  private follow(node: RpmNode): void {
    if (!this.isCommon) {
      this.ask(node.requires, node);
      return;
    }
    const { nodes, prebuilt, waits, open } = edgesOf(this.graph, node);
    for (const one of prebuilt) this.prebuilt.add(one);
    for (const name of waits) this.wait(name, node);
    for (const one of nodes) this.reach(one, node);
    this.ask(open, node);
  }

  private take(provider: Provider, asked: Asked): void {
    const { wanted, by } = asked;
    const isFirst = findForToolchain(this.graph, this.asker, wanted) !== undefined;
    if (this.options.isWide === true && !isFirst) this.takeAllDeclared(asked);
    switch (provider.by) {
      case 'tree':
        this.reach(provider.node, by);
        return;
      case 'toolchain':
        this.prebuilt.add(provider.node);
        return;
      case 'root':
        this.open.push(asked);
        return;
      case 'wait': {
        const open = provider.isGuess ? { capability: wanted.text, isCandidate: true } : undefined;
        this.wait(provider.package, by, open);
        return;
      }
      case 'search':
        for (const name of provider.packages)
          this.wait(name, by, { capability: wanted.text, isCandidate: false });
        return;
      case 'nothing': {
        const path = [this.asker.name, ...(by === undefined ? [] : this.pathTo(by))];
        this.missing.push({
          ...{ capability: wanted.text, path, by: by?.package ?? this.asker.name },
          failed: provider.failed.sort(order),
          ...(by === undefined && this.options.generated?.includes(wanted.text) && { isGenerated: true }),
        });
      }
    }
  }

  private takeAllDeclared({ wanted, by }: Asked): void {
    for (const node of findDeclared(this.graph.declared, wanted)) {
      const { package: name } = node;
      if (needsAsker(this.graph, this.asker, name) || isExcludedProvider(this.graph, this.asker.name, name))
        continue;
      const built = this.graph.built.get(name);
      if (built === undefined) this.wait(node.package, by, { capability: wanted.text, isCandidate: true });
      else for (const one of built) if (providesAll(one, wanted)) this.reach(one, by);
    }
  }

  private reach(node: RpmNode, by: RpmNode | undefined): void {
    if (this.reached.has(node)) return;
    this.reached.set(node, by);
    this.nodes.push(node);
  }

  private wait(name: string, by: RpmNode | undefined, open?: Wait['open']): void {
    const known = this.waits.get(name);
    if (known !== undefined && (known.open === undefined || open !== undefined)) return;
    const through = by === undefined ? [] : this.pathTo(by);
    this.waits.set(name, { package: name, through, open });
  }

  /** The names of the RPMs that lead to one, itself the last. */
  private pathTo(node: RpmNode): string[] {
    const path: string[] = [];
    for (let one: RpmNode | undefined = node; one !== undefined; one = this.reached.get(one))
      path.unshift(one.name);
    return path;
  }

  private openOf(kind: Requirement['kind']): Asked[] {
    return this.open.filter(({ wanted }) => wanted.kind === kind);
  }

  /**
   * Takes an `if` whose condition holds. A root only grows, so a condition that says only what is in it stays true: then
   * this need not wait for the packages that the root lacks.
   * @returns false if there is none
   */
  private decideTrueCondition(): boolean {
    for (const asked of this.openOf('if')) {
      const rich = asked.wanted as RichCapability;
      const isKnown = this.waits.size === 0 || onlyGrows(rich.operands[1] as Requirement);
      if (isKnown && conditionHolds(rich, this)) return this.decide(asked, rich.operands[0] as Requirement);
    }
    return false;
  }

  /**
   * Decides one of the open requirements, now that all that is certain was reached: first what only adds to the root, last
   * what holds as long as something is not in it.
   * @returns false if there is none
   */
  private decideNext(): boolean {
    const [single] = this.open.filter(({ wanted }) => isSingle(wanted));
    if (single !== undefined) {
      const { wanted, by } = single;
      this.close(single);
      const inRoot = (one: Requirement) => this.inRoot(one);
      this.take(findProvider(this.graph, this.asker, wanted, by, inRoot), single);
      return true;
    }
    const [or] = this.openOf('or');
    if (or !== undefined) return this.decideOr(or);
    const [unless] = this.openOf('unless');
    if (unless !== undefined) {
      return this.decide(unless, ...(requiredOperands(unless.wanted as RichCapability, this) ?? []));
    }
    for (const asked of this.openOf('if')) {
      const rich = asked.wanted as RichCapability;
      const { otherwise, ...rest } = rich;
      if (otherwise === undefined) continue;
      // The condition may come to hold: then the first term is required, too.
      this.decide(asked, ...(requiredOperands(rich, this) ?? []));
      this.open.push({ ...asked, wanted: rest });
      return true;
    }
    return false;
  }

  private decideOr(asked: Asked): boolean {
    const rich = asked.wanted as RichCapability;
    if (isTrue(rich, this)) return this.decide(asked);
    const term = chooseTerm(rich, this);
    if (term !== undefined) return this.decide(asked, term);
    this.close(asked);
    this.take({ by: 'nothing', failed: failedOf(this.graph, this.asker, rich) }, asked);
    return true;
  }

  private decide(asked: Asked, ...required: readonly Requirement[]): boolean {
    this.close(asked);
    this.ask(required, asked.by);
    return true;
  }

  private close(asked: Asked): void {
    this.open = this.open.filter((one) => one !== asked);
  }

  /** The RPM of a package that is needed anyway, which provides a requirement. */
  private inRoot(wanted: Requirement): RpmNode | undefined {
    const { providers, built } = this.graph;
    const packages = new Set([...this.reached.keys()].map((node) => node.package));
    const nodes =
      wanted.kind === 'name'
        ? (providers.get(wanted.name) ?? []).filter((one) => packages.has(one.package))
        : [...packages].flatMap((name) => built.get(name) ?? []);
    return nodes.filter((one) => providesAll(one, wanted)).sort(byVersion)[0];
  }

  /** True if an RPM of the toolchain is in the root: it is in every one, or something in the root requires it. */
  private isInRoot(node: RpmNode): boolean {
    const { worker } = this.graph.declared.toolchain;
    if (worker.has(node)) return true;
    const seen = new Set(this.prebuilt);
    for (const one of seen) {
      if (one === node) return true;
      for (const wanted of one.requires.flatMap((each) => firstChoice(each) ?? [])) {
        const [next] = findInToolchain(this.graph.declared.toolchain, wanted);
        if (next !== undefined && !worker.has(next)) seen.add(next);
      }
    }
    return false;
  }
}
