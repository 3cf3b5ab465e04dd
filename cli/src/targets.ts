import { type Need, needs } from '../../src/shared/host/needs.ts';

/** What a target of this CLI is made of. */
export interface Target {
  /** Actions that it starts, one after the other: names relative to `actions`. */
  actions: readonly string[];
  /** Variables that have an effect on it, besides the inputs of its actions and the folders of a run. */
  variables: readonly string[];
  /** What the machine must have for it. */
  needs: readonly Need[];
}

const building = [...needs.toolchain, ...needs.packages];
const all = [...building, ...needs.image, ...needs.boot];
const nothing: Target = { actions: [], variables: [], needs: [] };

const table = {
  doctor: { ...nothing, needs: all },
  toolchain: { ...nothing, actions: ['toolchain'], needs: needs.toolchain },
  plan: { ...nothing, actions: ['toolchain', 'build-packages/plan'], needs: building },
  'input-srpms': { ...nothing, actions: ['toolchain', 'build-packages/srpms'], needs: building },
  'build-packages': { ...nothing, actions: ['toolchain', 'build-packages'], needs: building },
  image: { ...nothing, actions: ['toolchain', 'build-packages', 'compose-image'], needs: all },
  run: { ...nothing, variables: ['IMAGE'], needs: needs.boot },
  shell: { ...nothing, variables: ['PACKAGE', 'TOOLCHAIN_DIR'] },
  signatures: {
    actions: ['toolchain'],
    variables: [
      ...['PACKAGE', 'SPECS_DIR', 'SOURCE_DIRS', 'SOURCE_URL', 'DEBIAN_SOURCES'],
      ...['DIST_TAG', 'DIST_NAME_ABRV', 'RELEASE_MAJOR_ID'],
    ],
    needs: needs.toolchain,
  },
  clean: nothing,
  'clean-all': nothing,
} satisfies Record<string, Target>;

/** A target of this CLI. */
export type TargetName = keyof typeof table;

/** The targets of this CLI. */
export const targets: Readonly<Record<TargetName, Target>> = table;

/** True for a target of this CLI. */
export function isTarget(name: string): name is TargetName {
  return Object.hasOwn(targets, name);
}

/** True for a target that works in the folders of a run, or tells whether one could. */
export function works(target: TargetName): boolean {
  return target === 'doctor' || targets[target].actions.length > 0;
}

/** Targets of the Makefile that do not come here, for the nearest name of one that does not exist. */
const otherTargets = ['help', 'dist', 'test', 'test-full', 'test-hosts', 'bench'];

/** Every target there is. */
export function allTargets(): string[] {
  return [...Object.keys(targets), ...otherTargets].sort();
}
