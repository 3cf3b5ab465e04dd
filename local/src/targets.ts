import { type Need, needs } from '../../src/shared/host/packages.ts';

/** A target that starts actions, one after the other. */
export interface Chain {
  /** Names of actions, relative to `actions`. */
  actions: readonly string[];
  /** What the machine must have for it. */
  needs: readonly Need[];
  /** Variables whose file or folder must be there before anything slow starts. */
  reads: readonly ('SPECS_DIR' | 'CONFIG_FILE')[];
}

const building = [...needs.toolchain, ...needs.packages];
const all = [...building, ...needs.image, ...needs.boot];

/** The targets that start actions. */
export const chains = {
  toolchain: { actions: ['toolchain'], needs: needs.toolchain, reads: [] },
  plan: { actions: ['toolchain', 'build-packages/plan'], needs: building, reads: ['SPECS_DIR'] },
  'input-srpms': { actions: ['toolchain', 'build-packages/srpms'], needs: building, reads: ['SPECS_DIR'] },
  'build-packages': { actions: ['toolchain', 'build-packages'], needs: building, reads: ['SPECS_DIR'] },
  image: {
    actions: ['toolchain', 'build-packages', 'compose-image'],
    needs: all,
    reads: ['SPECS_DIR', 'CONFIG_FILE'],
  },
} as const satisfies Record<string, Chain>;

/** What `make doctor` looks for: all that any target needs. */
export const everyNeed = all;

/** Targets that this CLI does itself. */
export const ownTargets = ['doctor', 'run', 'shell', 'signatures', 'clean', 'clean-all'] as const;

/** Targets of the Makefile that do not come here, for the nearest name of one that does not exist. */
export const otherTargets = ['help', 'test', 'test-full', 'test-hosts', 'bench', 'dist'] as const;

/** Every target there is. */
export function allTargets(): string[] {
  return [...Object.keys(chains), ...ownTargets, ...otherTargets].sort();
}
