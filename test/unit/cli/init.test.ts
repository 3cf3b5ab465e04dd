import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { FoundInFolder } from '../../../cli/src/init/look-around.ts';
import { missingIgnores, packagesForImage, repositoryFiles } from '../../../cli/src/init/repository-files.ts';
import { repository } from '../../../scripts/build-dist.ts';
import { parseUserJson } from '../../../src/shared/base/json.ts';
import { fileDigest } from '../../../src/shared/host/digests.ts';

const from = join(repository, 'examples/new-repository');
const paths = globSync(['**', '.github/**', '.gitignore'], { cwd: from, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(from.length + 1))
  .sort();
const templates = new Map(paths.map((path) => [path, readFileSync(join(from, path), 'utf8')]));

const empty: FoundInFolder = { specsDirs: ['SPECS'], specs: [], configDir: 'imageconfigs', configs: [] };
const files = (found: Partial<FoundInFolder>) =>
  repositoryFiles(templates, { ...empty, ...found }, 'secret-word');
const spec = (name: string, text = `Name: ${name}\n%files\n`) => {
  return { path: `SPECS/${name}/${name}.spec`, text, lacksSignatures: false };
};
/** The inputs of the first job of a workflow, and the packages and the password of the image config. */
const inputsOf = (written: ReadonlyMap<string, string>, name = 'nightly') =>
  Object.values(parse(written.get(`.github/workflows/${name}.yml`) ?? '').jobs as object)[0].with;
const systemOf = (written: ReadonlyMap<string, string>, path = 'imageconfigs/image.json') =>
  (parseUserJson(written.get(path) ?? '', path) as { SystemConfigs: [Record<string, unknown>] })
    .SystemConfigs[0];

describe('the files of a new repository', () => {
  it('are the templates, with a password of their own', () => {
    const written = files({});
    expect([...written.keys()]).toEqual([
      ...['nightly', 'pull-request', 'release'].map((name) => `.github/workflows/${name}.yml`),
      '.gitignore',
      ...['hello.c', 'hello.signatures.json', 'hello.spec'].map((name) => `SPECS/hello/${name}`),
      'imageconfigs/image.json',
    ]);
    for (const [path, text] of written)
      expect(text.replace('secret-word', 'a-password'), path).toBe(templates.get(path));
    expect(systemOf(written)['Users']).toEqual([{ Name: 'root', Password: 'secret-word' }]);
  });

  it('have the digest of the source of the example spec', async () => {
    const signatures = parseUserJson(templates.get('SPECS/hello/hello.signatures.json') ?? '', '');
    const digest = await fileDigest(join(from, 'SPECS/hello/hello.c'));
    expect(signatures).toEqual({ Signatures: { 'hello.c': digest } });
  });

  it('leave out the example spec where there are specs, whose packages are in the image', () => {
    const written = files({ specs: [spec('foo'), spec('bar')] });
    expect([...written.keys()].filter((path) => path.startsWith('SPECS/'))).toEqual([]);
    const packages = systemOf(written)['Packages'] as string[];
    const usual = systemOf(files({}))['Packages'] as string[];
    expect(packages).toEqual([...usual.filter((name) => name !== 'hello'), 'bar', 'foo']);
  });

  it("take the login program from Azure Linux's package where the tree has it", () => {
    const packages = systemOf(files({ specs: [spec('foo'), spec('shadow-utils')] }))['Packages'] as string[];
    expect(packages.filter((name) => name === 'shadow-utils')).toHaveLength(1);
    expect(packages).not.toContain('login');
    expect(systemOf(files({ specs: [spec('shadow')] }))['Packages']).toContain('login');
  });

  it.each([
    ['.', 'imageconfigs/image.json'],
    ['rpm specs/a', 'rpm specs/imageconfigs/image.json'],
    ['true', 'imageconfigs/image.json'],
    ['a: #b', 'imageconfigs/image.json'],
  ])('name the folder of specs %j in each workflow', (specsDir, config) => {
    const configDir = config.replace('/image.json', '');
    const written = files({ specsDirs: [specsDir], configDir });
    expect(inputsOf(written)).toEqual({ 'specs-dir': specsDir, 'config-file': config });
    expect(inputsOf(written, 'release')).toEqual(inputsOf(written));
    expect(inputsOf(written, 'pull-request')['specs-dir']).toBe(specsDir);
    expect(systemOf(written, config)['Name']).toBe('image');
  });

  it('name the image configs that are there, and are no other one', () => {
    const one = files({ configs: ['imageconfigs/core.json'] });
    expect(inputsOf(one)['config-file']).toBe('imageconfigs/core.json');
    expect(one.has('imageconfigs/image.json')).toBe(false);
    const two = ['imageconfigs/a.json', 'imageconfigs/b c.json'];
    expect(JSON.parse(inputsOf(files({ configs: two }))['config-file'])).toEqual(two);
  });

  it.each([
    'a # b',
    'a: b',
    "'a",
    'true',
    '- a',
    '[a]',
    '%a',
    '$(a)',
    '`a`',
    'é "a\\',
  ])('name the image config %j on one line', (name) => {
    const config = `imageconfigs/${name}.json`;
    const written = files({ configs: [config], specsDirs: [name] });
    expect(inputsOf(written)).toEqual({ 'specs-dir': name, 'config-file': config });
    const lines = (text = '') => text.split('\n').length;
    const path = '.github/workflows/nightly.yml';
    expect(lines(written.get(path))).toBe(lines(templates.get(path)));
  });

  it.each([
    'a\nb.json',
    `a\${{ github.token }}.json`,
    'a\u001b.json',
    'a\u0085.json',
    'a\u2028.json',
  ])('cannot name the image config %j, and say so', (name) => {
    const configs = ['imageconfigs/core.json', `imageconfigs/${name}`];
    const said = `The name ${JSON.stringify(configs[1])} holds`;
    expect(() => files({ configs })).toThrow(said);
    expect(() => files({ specsDirs: [`imageconfigs/${name}`] })).toThrow(said);
  });
});

describe('the packages of an image', () => {
  it.each([
    ['one by the name in the spec', [spec('a-1.0', 'Summary: x\nname:   a\n%files\n/x\n')], ['a']],
    ['one with a list of files', [spec('a', 'Name: a\n%files -f a.lang\n')], ['a']],
    ['none without a main package', [spec('a', 'Name: a\n%files libs\n%files -n b\n')], []],
    ['none whose name is a macro', [spec('a', 'Name: %{x}\n%files\n')], []],
    ['each once', [spec('b'), spec('a'), spec('b')], ['a', 'b']],
    ['twenty', Array.from({ length: 20 }, (_, at) => spec(`p${at}`)), 20],
    ['none of more than twenty', Array.from({ length: 21 }, (_, at) => spec(`p${at}`)), 0],
  ])('are %s', (_, specs, expected) => {
    const found = packagesForImage(specs);
    expect(typeof expected === 'number' ? found.length : found).toEqual(expected);
  });
});

it.each([
  ['', ['/build/', '/out/']],
  ['build\n', ['/out/']],
  ['*.o\nout/\n  /build \n', []],
  ['/builds/\n/out', ['/build/']],
])('the .gitignore %j lacks %j', (text, lacking) => {
  expect(missingIgnores(templates.get('.gitignore') ?? '', text)).toEqual(lacking);
});
