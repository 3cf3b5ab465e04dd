import { join } from 'node:path';
import type { TreeInputs } from '../model/inputs.ts';

/** The folders below `build-dir`. */
export const paths = {
  overlays: (inputs: TreeInputs) => join(inputs.buildDir, 'overlays'),
  staging: (inputs: TreeInputs) => join(inputs.buildDir, 'staging'),
  logs: (inputs: TreeInputs) => join(inputs.buildDir, 'logs'),
  exchange: (inputs: TreeInputs) => join(inputs.buildDir, 'exchange'),
  failedRoots: (inputs: TreeInputs) => join(inputs.buildDir, 'roots'),
} as const;
