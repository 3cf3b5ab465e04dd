import { join } from 'node:path';
import type { TreeInputs } from '../../../actions/build-packages/src/inputs.ts';

/** Folders below `build-dir`. */
export const places = {
  layers: (inputs: TreeInputs) => join(inputs.buildDir, 'layers'),
  staging: (inputs: TreeInputs) => join(inputs.buildDir, 'staging'),
  logs: (inputs: TreeInputs) => join(inputs.buildDir, 'logs'),
  exchange: (inputs: TreeInputs) => join(inputs.buildDir, 'exchange'),
  failedRoots: (inputs: TreeInputs) => join(inputs.buildDir, 'roots'),
} as const;
