import { posix } from 'node:path';
import { stringify } from 'yaml';
import { failOnProblems } from '../../../src/shared/base/problems.ts';
import type { FoundInFolder, SpecText } from './look-around.ts';

/** The files of a new repository: path → text. */
export type RepositoryFiles = ReadonlyMap<string, string>;

/** The folder of specs, the image config and the password as the templates have them. */
const inTemplates = { specsDir: 'SPECS', config: 'imageconfigs/image.json', password: 'a-password' };
/** The package of the templates. */
const examplePackage = 'hello';
/** The package that has the login program: that of Debian, and that of Azure Linux's tree. */
const loginPackage = { template: 'login', azureLinux: 'shadow-utils' } as const;
/** An image of a whole distribution is seldom meant: with more specs than this, only the base gets into the image. */
const mostPackages = 20;

/**
 * Returns the files that a repository like `found` should have. It gets no example spec if it holds specs, and no image
 * config if it holds one. Pure.
 * @param templates the files for an empty folder
 * @param password of root, in the image
 * @throws ProblemsError for each name that a workflow cannot hold
 */
export function repositoryFiles(
  templates: RepositoryFiles,
  found: FoundInFolder,
  password: string,
): RepositoryFiles {
  failOnProblems([...found.specsDirs, ...found.configs].filter((name) => unsafe.test(name)).map(unsafeName));
  const files = new Map<string, string>();
  const config = posix.join(found.configDir, posix.basename(inTemplates.config));
  const [only = config, ...others] = found.configs;
  const named = others.length === 0 ? only : JSON.stringify(found.configs);
  const workflow = (text: string) =>
    text
      .replaceAll(
        `specs-dir: ${inTemplates.specsDir}\n`,
        () => `specs-dir: ${scalar(found.specsDirs.join(' '))}\n`,
      )
      .replaceAll(inTemplates.config, () => scalar(named));
  for (const [path, text] of templates) {
    if (path.startsWith(`${inTemplates.specsDir}/`)) {
      const own = posix.join(found.specsDirs[0], path.slice(inTemplates.specsDir.length + 1));
      if (found.specs.length === 0) files.set(own, text);
    } else if (path === inTemplates.config) {
      if (found.configs.length === 0) files.set(config, imageConfig(text, found.specs, password));
    } else files.set(path, path.startsWith('.github/') ? workflow(text) : text);
  }
  return files;
}

/** Parts of a name that no workflow can hold: GitHub would run an expression, and a line would end. */
const unsafe = /\$\{\{|[\p{Cc}\p{Zl}\p{Zp}]/u;

function unsafeName(name: string) {
  const message = `The name ${JSON.stringify(name)} holds \${{ or a control character, and no workflow can name it`;
  return { message, hint: 'Rename it.' };
}

/** Returns a text as a YAML value on one line. */
function scalar(text: string): string {
  const plain = stringify(text, { lineWidth: 0 }).trimEnd();
  return plain === text ? text : JSON.stringify(text);
}

/** Puts root's password and the packages of the specs into the config of the templates. */
function imageConfig(template: string, specs: readonly SpecText[], password: string): string {
  const text = template.replace(inTemplates.password, () => password);
  if (specs.length === 0) return text;
  const hasOwn = specs.some(({ path }) => posix.basename(path) === `${loginPackage.azureLinux}.spec`);
  const login = loginPackage[hasOwn ? 'azureLinux' : 'template'];
  const names = packagesForImage(specs).filter((name) => name !== login);
  return text
    .replace(`,\n        "${examplePackage}"`, () =>
      names.map((name) => `,\n        ${JSON.stringify(name)}`).join(''),
    )
    .replace(`"${loginPackage.template}"`, `"${login}"`);
}

/**
 * Returns the RPMs that an image of these specs starts with: the main package of each spec that says its name and has
 * one. None if there are many specs. Pure.
 */
export function packagesForImage(specs: readonly SpecText[]): string[] {
  if (specs.length > mostPackages) return [];
  const names = specs.flatMap(({ text }) => {
    const name = /^Name:[ \t]*([\w.+-]+)[ \t]*$/im.exec(text)?.[1];
    const hasMain = /^%files(?:[ \t]+-f[ \t]+\S+)*[ \t]*$/m.test(text);
    return name === undefined || !hasMain ? [] : [name];
  });
  return [...new Set(names)].sort();
}

/** The lines that .gitignore should have. Returns those of the template that `text` lacks. Pure. */
export function missingIgnores(template: string, text: string): string[] {
  const bare = (line: string) => line.trim().replace(/^\/|\/$/g, '');
  const there = text.split('\n').map(bare);
  return template.split('\n').filter((line) => line !== '' && !there.includes(bare(line)));
}
