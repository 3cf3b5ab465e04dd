import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makeCommand } from '../../../src/shared/base/make-command.ts';
import { problem } from '../../../src/shared/base/problems.ts';
import { shellWord } from '../../../src/shared/base/shell-word.ts';
import type { CliContext } from '../context.ts';
import { type FoundInFolder, lookAround, repositoryAbove } from './look-around.ts';
import {
  missingIgnores,
  packagesForImage,
  type RepositoryFiles,
  repositoryFiles,
} from './repository-files.ts';
import { writeNew } from './write-new.ts';

/** A repository may hold thousands of specs: of what was there, no more than this is listed. */
const mostShown = 20;

/** `make init`: writes the files that the workspace lacks to be a repository of specs, and says what comes next. */
export async function initRepository(context: CliContext): Promise<number> {
  const { workspace, checkout, environment, log } = context;
  if (realpathSync(workspace) === realpathSync(checkout)) throw ownCheckout(checkout);
  const templates = readTemplates(join(checkout, 'examples', 'new-repository'));
  const found = await lookAround(workspace, environment['SPECS_DIR'] ?? '');
  const password = newPassword();
  const files = repositoryFiles(templates, found, password);
  const { written, left } = writeNew(workspace, files);
  for (const path of written) log.info(`written: ${path}`);
  const specs = found.specs.map(({ path }) => path);
  const there = [...left, ...found.configs, ...specs].sort();
  for (const path of there.slice(0, mostShown)) log.info(`left as it is: ${path}`);
  if (there.length > mostShown) log.info(`left as they are: ${there.length - mostShown} more`);
  warnOfIgnores(templates, left, context);
  const above = repositoryAbove(workspace);
  if (above !== undefined && written.some((path) => path.startsWith('.github/')))
    log.warn(
      `GitHub reads workflows only at the top of a repository, which is ${above}: move .github there.`,
    );
  const config = written.find((path) => path.startsWith(`${found.configDir}/`));
  if (config !== undefined) {
    if (found.specs.length > 0 && packagesForImage(found.specs).length === 0)
      log.info(
        `The image holds none of your packages: add those that it shall hold to Packages in ${config}.`,
      );
    log.info(`In the image, log in as root. The password is ${password}: change it in ${config}.`);
  }
  for (const line of nextCommands(found)) log.info(line);
  return 0;
}

/** Returns the lines that say how to go on: signatures if a spec lacks them, the image, and its start. */
function nextCommands({ specsDirs, specs, configs }: FoundInFolder): string[] {
  const specsDir = specsDirs.join(' ');
  const own: Record<string, string> = specsDir === 'SPECS' ? {} : { SPECS_DIR: specsDir };
  const [first, ...others] = configs;
  const config: Record<string, string> =
    first === undefined || others.length === 0 ? {} : { CONFIG_FILE: first };
  return [
    'Next:',
    ...(specs.some((spec) => spec.lacksSignatures) ? [`  ${makeCommand('signatures', own)}`] : []),
    `  ${makeCommand('image', { ...own, ...config })}`,
    `  ${makeCommand('run')}`,
  ];
}

function ownCheckout(checkout: string): Error {
  const azl = shellWord(`../${basename(checkout)}`);
  const hint = `Make one of your own: mkdir ../my-distro && cd ../my-distro && make -C ${azl} init`;
  return problem('This is the folder of azl itself, and no repository of your specs', { hint });
}

/** Reads the files of a folder. @returns paths relative to it → texts, sorted */
function readTemplates(dir: string): RepositoryFiles {
  const paths = readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(dir, path)).isFile())
    .sort();
  return new Map(paths.map((path) => [path, readFileSync(join(dir, path), 'utf8')]));
}

/** Returns a password that nobody else's image has, of characters that are the same on most keyboards. */
function newPassword(): string {
  const characters = 'abcdefghkmnpqrstuvwx23456789';
  const group = () => Array.from({ length: 4 }, () => characters[randomInt(characters.length)]).join('');
  return [group(), group(), group()].join('-');
}

/** Says which lines an existing .gitignore lacks. It is the user's, and stays as it is. */
function warnOfIgnores(
  templates: RepositoryFiles,
  left: readonly string[],
  { workspace, log }: CliContext,
): void {
  const file = join(workspace, '.gitignore');
  if (!left.includes('.gitignore') || statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return;
  const missing = missingIgnores(templates.get('.gitignore') ?? '', readFileSync(file, 'utf8'));
  if (missing.length > 0) log.warn(`.gitignore does not name what azl makes. Add: ${missing.join(' ')}`);
}
