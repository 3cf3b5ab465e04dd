import { dirname } from 'node:path';
import type { Log } from '../../base/log.ts';
import { readUserFile } from '../../host/files.ts';
import type { ImageConfig } from './config.ts';
import { type NamedFiles, readNamedFiles } from './named-files.ts';
import { parseImageConfig } from './parse.ts';

/**
 * Reads and checks a config and every file that it names, before any slow work starts.
 * @throws ProblemsError with everything that is wrong
 */
export async function readImageConfig(options: {
  configFile: string;
  /** Base of the config's relative paths. Default: the config's folder. */
  configBaseDir?: string;
  log: Log;
}): Promise<{ config: ImageConfig; named: NamedFiles }> {
  const file = options.configFile;
  const { config, warnings } = parseImageConfig(await readUserFile(file, 'The image config'), file);
  for (const warning of warnings) options.log.warn(warning);
  return { config, named: await readNamedFiles(config, file, options.configBaseDir || dirname(file)) };
}
