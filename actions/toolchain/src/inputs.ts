import { resolve } from 'node:path';
import { hostArchitecture } from '../../../src/shared/base/architectures.ts';
import {
  flag,
  foldersIn,
  type GetInput,
  type InputTable,
  onStoreError,
  readInputs,
  text,
  toolchainSource,
} from '../../../src/shared/github/inputs.ts';
import type { ToolchainInputs } from '../../../src/shared/model/inputs.ts';
import { findLayout, withLayout } from '../../../src/shared/specs/layout.ts';

/** The inputs of `toolchain`. */
export const toolchainInputs: InputTable<ToolchainInputs> = {
  specsDir: foldersIn,
  ...toolchainSource,
  toolchainDir: text,
  cacheDir: text,
  updateLock: flag,
  summary: flag,
  onStoreError,
};

/** Returns the inputs of `toolchain`, folders as absolute paths. @throws ProblemsError that names each wrong input */
export function readToolchainInputs(get?: GetInput): ToolchainInputs {
  const read = readInputs(toolchainInputs, get);
  const inputs = withLayout(read, findLayout(read.specsDir, hostArchitecture.rpm));
  const toolchainDir = inputs.toolchainDir && resolve(inputs.toolchainDir);
  return { ...inputs, toolchainDir, cacheDir: resolve(inputs.cacheDir) };
}
