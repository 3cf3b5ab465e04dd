import { existsSync, readFileSync, statSync } from 'node:fs';
import type { Problem } from '../../src/shared/problems.ts';
import type { Chain } from './targets.ts';

/** What can be said in a moment about the files that a target reads: are they there, is the JSON whole. */
export function earlyProblems(
  chain: Chain,
  environment: Readonly<Record<string, string | undefined>>,
): Problem[] {
  const problems: Problem[] = [];
  for (const name of chain.reads) {
    const path = environment[name];
    if (path === undefined || path === '') continue;
    if (!existsSync(path)) {
      problems.push({ message: `${name} is '${path}', which does not exist` });
    } else if (name === 'SPECS_DIR' && !statSync(path).isDirectory()) {
      problems.push({ message: `SPECS_DIR is '${path}', which is no folder` });
    } else if (name === 'CONFIG_FILE' && !statSync(path).isFile()) {
      problems.push({ message: `CONFIG_FILE is '${path}', which is no file` });
    } else if (name === 'CONFIG_FILE') {
      try {
        JSON.parse(readFileSync(path, 'utf8'));
      } catch (error) {
        problems.push({ file: path, message: `is no JSON: ${(error as Error).message}` });
      }
    }
  }
  return problems;
}
