import { flag, type InputTable, list, needed, retention, text } from '../../../src/shared/github/inputs.ts';
import type { ComposeInputs } from '../../../src/shared/model/inputs.ts';

/** The inputs of `compose-image`. */
export const composeInputs: InputTable<ComposeInputs> = {
  configFile: needed('the path of an image config'),
  configBaseDir: text,
  rpmsArtifact: text,
  rpmsDir: text,
  repoList: list,
  releaseMajorId: text,
  toolchainArtifact: text,
  toolchainDir: text,
  bootTest: flag,
  retentionDays: retention,
  outDir: text,
  buildDir: text,
  cacheDir: text,
};
