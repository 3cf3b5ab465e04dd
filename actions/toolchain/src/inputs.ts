import {
  flag,
  type InputTable,
  notYet,
  onStoreError,
  text,
  toolchainMode,
} from '../../../src/shared/github/inputs.ts';
import type { Toolchain } from '../../../src/shared/model/toolchain.ts';

/** Inputs of the action. */
export interface Inputs {
  toolchainMode: Toolchain['mode'] | 'auto';
  toolchainManifest: string;
  toolchainArchive: string;
  /** Empty: `toolchain` in `cacheDir`. */
  toolchainDir: string;
  cacheDir: string;
  updateLock: boolean;
  onStoreError: 'fail' | 'build';
}

/** What each input may be. */
export const toolchainInputs: InputTable<Inputs> = {
  toolchainMode,
  toolchainManifest: notYet,
  toolchainArchive: notYet,
  toolchainDir: text,
  cacheDir: text,
  updateLock: flag,
  onStoreError,
};
