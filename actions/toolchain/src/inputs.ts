import { resolve } from 'node:path';
import {
  flag,
  type InputTable,
  notYet,
  onStoreError,
  readInputs,
  text,
  toolchainMode,
} from '../../../src/shared/github/inputs.ts';
import type { ToolchainInputs } from '../../../src/shared/model/inputs.ts';

/** The inputs of `toolchain`. */
export const toolchainInputs: InputTable<ToolchainInputs> = {
  toolchainMode,
  toolchainManifest: notYet,
  toolchainArchive: notYet,
  toolchainDir: text,
  cacheDir: text,
  updateLock: flag,
  summary: flag,
  onStoreError,
};

/** Returns the inputs of `toolchain`, folders as absolute paths. @throws ProblemsError that names each wrong input */
export function readToolchainInputs(): ToolchainInputs {
  const inputs = readInputs(toolchainInputs);
  const toolchainDir = inputs.toolchainDir && resolve(inputs.toolchainDir);
  return { ...inputs, toolchainDir, cacheDir: resolve(inputs.cacheDir) };
}
