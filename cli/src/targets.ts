import { type Need, needs } from '../../src/shared/host/needs.ts';

/** A target of this CLI. */
export interface Target {
  /** The names of the actions that it runs, in this order. */
  actions: readonly string[];
  /** Variables that affect it, besides the inputs of its actions and the folders of a run. */
  variables: readonly string[];
  /** The needs of the host: they are installed before it starts. */
  needs: readonly Need[];
}

const building = [...needs.toolchain, ...needs.packages];
const all = [...building, ...needs.image, ...needs.boot];
const noActions: Target = { actions: [], variables: [], needs: [] };

const table = {
  init: { ...noActions, variables: ['SPECS_DIR'] },
  doctor: { ...noActions, needs: all },
  toolchain: { ...noActions, actions: ['toolchain'], needs: needs.toolchain },
  'compress-toolchain': { ...noActions, actions: ['toolchain'], needs: needs.toolchain },
  'validate-toolchain': { ...noActions, actions: ['toolchain'], needs: needs.toolchain },
  'check-manifests': {
    actions: ['toolchain'],
    variables: ['DIST_TAG', 'DIST_NAME_ABRV', 'RELEASE_MAJOR_ID'],
    needs: needs.toolchain,
  },
  plan: { ...noActions, actions: ['toolchain', 'build-packages/plan'], needs: building },
  'input-srpms': { ...noActions, actions: ['toolchain', 'build-packages/srpms'], needs: building },
  'build-packages': { ...noActions, actions: ['toolchain', 'build-packages'], needs: building },
  image: { ...noActions, actions: ['toolchain', 'build-packages', 'compose-image'], needs: all },
  run: { ...noActions, variables: ['IMAGE'], needs: needs.boot },
  shell: { ...noActions, variables: ['PACKAGE', 'TOOLCHAIN_DIR'] },
  signatures: {
    actions: ['toolchain'],
    variables: [
      ...['PACKAGE', 'SPECS_DIR', 'SOURCE_DIRS', 'SOURCE_URL', 'DEBIAN_SOURCES'],
      ...['DIST_TAG', 'DIST_NAME_ABRV', 'RELEASE_MAJOR_ID'],
    ],
    needs: needs.toolchain,
  },
  clean: noActions,
  'clean-all': noActions,
} satisfies Record<string, Target>;

/** The name of a target of this CLI. */
export type TargetName = keyof typeof table;

/** All targets of this CLI, by name. */
export const targets: Readonly<Record<TargetName, Target>> = table;

/** True for the name of a target of this CLI. */
export function isTarget(name: string): name is TargetName {
  return Object.hasOwn(targets, name);
}

/** True for a target that uses the folders of a run, or checks them. */
export function usesFolders(target: TargetName): boolean {
  return target === 'doctor' || targets[target].actions.length > 0;
}

/** True for a target that reads specs. */
export function usesSpecs(target: TargetName): boolean {
  return (
    ['signatures', 'check-manifests'].includes(target) ||
    targets[target].actions.some((name) => name.startsWith('build-packages'))
  );
}

/** Targets of the Makefile that this CLI does not run, for hints at a wrong name. */
const otherTargets = [
  ...['help', 'dist', 'lint', 'test', 'test-full', 'test-hosts', 'act', 'publish-trees'],
  ...['bench', 'bench-start', 'bench-schedule', 'bench-plan', 'bench-tree', 'bench-index', 'azure-linux'],
];

/** The names of all targets of the Makefile. */
export function allTargets(): string[] {
  return [...Object.keys(targets), ...otherTargets].sort();
}
