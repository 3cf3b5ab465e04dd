import type { Toolchain } from '../model/toolchain.ts';

/** The inputs that decide where the toolchain comes from. An empty text: not given. */
export interface ModeInputs {
  toolchainMode: Toolchain['mode'] | 'auto';
  toolchainManifest: string;
  toolchainArchive: string;
}

/** Returns the mode that the inputs ask for. With `auto`, a manifest means download, an archive means archive. Pure. */
export function modeOf(inputs: ModeInputs): Toolchain['mode'] {
  if (inputs.toolchainMode !== 'auto') return inputs.toolchainMode;
  if (inputs.toolchainManifest !== '') return 'download';
  return inputs.toolchainArchive === '' ? 'bootstrap' : 'archive';
}
