import { flag, type InputTable, list, needed, retention, text } from '../../../src/shared/github/inputs.ts';

/** Inputs of the action. */
export interface Inputs {
  configFile: string;
  /** Empty: the folder of the config. */
  configBaseDir: string;
  /** An artifact of this run with an RPM repository. Empty: `rpmsDir`. */
  rpmsArtifact: string;
  /** Empty: `RPMS` in `outDir`. */
  rpmsDir: string;
  /** Paths of `.repo` files. */
  repoList: string[];
  /** Their `$releasever`. */
  releaseMajorId: string;
  /** The toolchain that a job of this run shared. Empty: `toolchainDir`. */
  toolchainArtifact: string;
  /** Empty: `toolchain` in `cacheDir`. */
  toolchainDir: string;
  bootTest: boolean;
  /** Days, of the artifact with the image. */
  retentionDays: number | undefined;
  outDir: string;
  buildDir: string;
  cacheDir: string;
}

/** What each input may be. */
export const composeInputs: InputTable<Inputs> = {
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
