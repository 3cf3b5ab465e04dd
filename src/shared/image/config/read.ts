import { dirname } from 'node:path';
import type { Log } from '../../base/log.ts';
import { failOnProblems, type Problem, ProblemsError } from '../../base/problems.ts';
import { readUserFile } from '../../host/files.ts';
import type { ImageConfig } from './config.ts';
import { type NamedFiles, readNamedFiles } from './named-files.ts';
import { parseImageConfig } from './parse.ts';

/** The folders of the files that a config names. */
interface ConfigFolders {
  /** Base of the config's relative paths. Default: the config's folder. */
  configBaseDir?: string;
  /** Folders, besides the base, in which files that the config names may lie. */
  configExtraDirs?: readonly string[];
}

/**
 * Reads several configs as {@link readImageConfig} does.
 * @throws ProblemsError with everything that is wrong with any of them
 */
export async function readImageConfigs(
  files: readonly string[],
  options: ConfigFolders & { log: Log },
): Promise<{ config: ImageConfig; named: NamedFiles }[]> {
  const configs = [];
  const problems: Problem[] = [];
  for (const configFile of files) {
    try {
      configs.push(await readImageConfig({ ...options, configFile }));
    } catch (error) {
      if (!(error instanceof ProblemsError)) throw error;
      problems.push(...error.problems);
    }
  }
  failOnProblems(problems);
  return configs;
}

/**
 * Reads and checks a config and every file that it names, before any slow work starts.
 * @throws ProblemsError with everything that is wrong
 */
export async function readImageConfig(
  options: ConfigFolders & { configFile: string; log: Log },
): Promise<{ config: ImageConfig; named: NamedFiles }> {
  const { configFile: file, configExtraDirs = [] } = options;
  const { config, warnings } = parseImageConfig(await readUserFile(file, 'The image config'), file);
  for (const warning of warnings) options.log.warn(warning);
  const baseDir = options.configBaseDir || dirname(file);
  return { config, named: await readNamedFiles(config, file, [baseDir, ...configExtraDirs]) };
}
