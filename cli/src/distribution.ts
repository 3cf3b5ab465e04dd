import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { makeCommand } from '../../src/shared/base/make-command.ts';
import type { Problem } from '../../src/shared/base/problems.ts';
import { foldersIn } from '../../src/shared/github/inputs.ts';
import { type Paths, shown } from './paths.ts';
import type { TargetName } from './targets.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The specs and the image config of a run: those that the user named, else those of the workspace. */
export interface Distribution {
  /** The folders of specs. */
  specs: readonly string[];
  /** Undefined for a target that has no default config. */
  config: string | undefined;
  /** True if the workspace has no specs, so that azl's example distribution stands in for them. */
  isExample: boolean;
}

/** Returns the folder of image configs, which lies beside the first folder of specs. Pure. */
export function configFolderBeside([specs = '.']: readonly string[]): string {
  return join(dirname(specs), 'imageconfigs');
}

/** Returns the specs and the image config of a run in the workspace, which is the current folder. */
export function distributionOf(target: string, environment: Environment, checkout: string): Distribution {
  const workspace = process.cwd();
  const given = environment['SPECS_DIR'] || (existsSync('SPECS') ? 'SPECS' : undefined);
  const example = shown(join(checkout, 'examples/distro/SPECS'), workspace);
  const specs = given === undefined ? [example] : foldersIn(given, 'specs-dir');
  const config = environment['CONFIG_FILE'] || undefined;
  // Only `image` has a default: elsewhere a config would add packages to the list.
  const [only, ...others] = config === undefined && target === 'image' ? configsOf(specs) : [];
  const isExample = given === undefined && workspace !== checkout;
  return { specs, config: config ?? (others.length === 0 ? only : undefined), isExample };
}

/** Returns the problem of an image without a config: there is none beside the specs, or there are several. */
export function configProblems(target: TargetName, { specs, config }: Distribution): Problem[] {
  if (target !== 'image' || config !== undefined || !specs.every(isFolder)) return [];
  const configs = configsOf(specs);
  const [first] = configs;
  if (first === undefined) {
    const message = `There is no image config in ${configFolderBeside(specs)}`;
    const hint = `Name one with CONFIG_FILE=<file>. In a new distribution, this writes one: ${makeCommand('init')}`;
    return [{ message, hint }];
  }
  const message = `There are ${configs.length} image configs: ${configs.join(', ')}`;
  return [{ message, hint: `Name one: ${makeCommand('image', { CONFIG_FILE: first })}` }];
}

/** Returns the image configs beside folders of specs. Sorted. @param workspace to which their paths are relative */
export function configsOf(specs: readonly string[], workspace = '.'): string[] {
  const folder = configFolderBeside(specs);
  const place = resolve(workspace, folder);
  const names = isFolder(place) ? readdirSync(place) : [];
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(folder, name));
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** The inputs of actions that name folders of a run, its specs and its image config. */
export function pathInputs(paths: Paths, { specs, config }: Distribution): Record<string, string> {
  return {
    'specs-dir': specs.join(' '),
    ...(config !== undefined && { 'config-file': config }),
    'build-dir': paths.build,
    'out-dir': paths.out,
    'cache-dir': paths.cache,
    'toolchain-dir': paths.toolchain,
  };
}
