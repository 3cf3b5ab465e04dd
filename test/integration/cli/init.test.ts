import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeChain } from '../../support/chain.ts';
import type { Checkout, Ended } from '../../support/checkout.ts';

let checkout: Checkout;
/** The user's folder, beside the checkout. */
let mine: string;
beforeEach(async () => {
  checkout = await makeChain();
  mine = join(dirname(checkout.dir), 'mine');
  mkdirSync(mine);
});
afterEach(() => checkout.remove());

const init = async (...variables: string[]): Promise<Ended> =>
  await checkout.run(['make', '-f', '../azl/Makefile', 'init', ...variables], {}, mine);
const put = (path: string, text: string) => {
  mkdirSync(dirname(join(mine, path)), { recursive: true });
  writeFileSync(join(mine, path), text);
};
const read = (path: string) => readFileSync(join(mine, path), 'utf8');
const linesOf = (text: string, start: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith(start))
    .map((line) => line.slice(start.length));
const workflows = ['nightly', 'pull-request', 'release'].map((name) => `.github/workflows/${name}.yml`);
/** What a folder holds, without the folders. */
const filesIn = (dir: string) =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((path) => !lstatSync(join(dir, path)).isDirectory())
    .sort();

describe('make init', () => {
  it('fills an empty folder, says so for each file, and how to go on', async () => {
    const { code, stdout, stderr } = await init();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const expected = [...workflows, '.gitignore', 'imageconfigs/image.json'];
    for (const name of ['hello.c', 'hello.signatures.json', 'hello.spec'])
      expected.push(`SPECS/hello/${name}`);
    expect(filesIn(mine)).toEqual(expected.sort());
    expect(linesOf(stdout, 'written: ').sort()).toEqual(expected);
    const [, password = ''] = /The password is (\S+):/.exec(stdout) ?? [];
    expect(password).toMatch(/^\w{4}-\w{4}-\w{4}$/);
    expect(read('imageconfigs/image.json')).toContain(`"Password": "${password}"`);
    expect(linesOf(stdout, '  ')).toEqual(['make -f ../azl/Makefile image', 'make -f ../azl/Makefile run']);
    // Nothing is made that a build would make, and nothing is asked of the machine.
    expect(existsSync(join(mine, 'build'))).toBe(false);
  });

  it('changes nothing that is there, and writes the same folder no second time', async () => {
    put('.gitignore', '*.o\n/build/\n');
    put('.github/workflows/nightly.yml', 'mine\n');
    symlinkSync('nowhere', join(mine, 'imageconfigs'));
    const refused = await init();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      'imageconfigs: A folder is needed here, and this is none. Remove this symbolic link.',
    );
    expect(filesIn(mine)).toEqual(['.github/workflows/nightly.yml', '.gitignore', 'imageconfigs']);
    rmSync(join(mine, 'imageconfigs'));
    const first = await init();
    expect(first.code, first.stderr).toBe(0);
    expect(linesOf(first.stdout, 'left as it is: ')).toEqual(['.github/workflows/nightly.yml', '.gitignore']);
    expect(first.stderr).toContain('.gitignore does not name what azl makes. Add: /out/');
    expect([read('.gitignore'), read('.github/workflows/nightly.yml')]).toEqual(['*.o\n/build/\n', 'mine\n']);
    const config = read('imageconfigs/image.json');
    const again = await init();
    expect(again.code, again.stderr).toBe(0);
    expect(linesOf(again.stdout, 'written: ')).toEqual([]);
    expect(read('imageconfigs/image.json')).toBe(config);
    expect(again.stdout).not.toContain('password');
  });

  it('writes nothing where a link leads out of the folder, and names each such place', async () => {
    const outside = join(dirname(mine), 'outside');
    mkdirSync(outside);
    symlinkSync(outside, join(mine, '.github'));
    put('SPECS', 'no folder\n');
    const { code, stderr } = await init();
    expect(code).toBe(2);
    expect(stderr).toContain(
      '.github: This symbolic link leads out of the folder, and nothing is written there',
    );
    expect(stderr).toContain('SPECS: A folder is needed here, and this is none. Move it away.');
    expect(filesIn(mine)).toEqual(['.github', 'SPECS']);
    expect(filesIn(outside)).toEqual([]);
  });

  it('follows a link inside the folder, and leaves a link in the place of a file', async () => {
    mkdirSync(join(mine, 'dotgithub'));
    symlinkSync('dotgithub', join(mine, '.github'));
    symlinkSync('../outside', join(mine, '.gitignore'));
    const { code, stdout, stderr } = await init();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(readdirSync(join(mine, 'dotgithub/workflows'))).toHaveLength(3);
    expect(linesOf(stdout, 'left as it is: ')).toEqual(['.gitignore']);
    expect(existsSync(join(dirname(mine), 'outside'))).toBe(false);
  });

  it('fits a folder that holds specs at its top', async () => {
    put('foo/foo.spec', 'Name: foo\nSource0: foo.c\n%files\n');
    put('bar/bar.spec', 'Name: bar\n%files\n');
    const { code, stdout, stderr } = await init();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(linesOf(stdout, 'written: ')).toEqual([...workflows, '.gitignore', 'imageconfigs/image.json']);
    expect(linesOf(stdout, 'left as it is: ')).toEqual(['bar/bar.spec', 'foo/foo.spec']);
    for (const path of workflows) expect(read(path)).toContain('      specs-dir: .\n');
    expect(read('imageconfigs/image.json')).toMatch(/"bar",\s+"foo"\n/);
    // foo has a source, and no signatures.
    expect(linesOf(stdout, '  ')).toEqual([
      'make -f ../azl/Makefile signatures SPECS_DIR=.',
      'make -f ../azl/Makefile image SPECS_DIR=.',
      'make -f ../azl/Makefile run',
    ]);
  });

  it('takes the folder of specs that SPECS_DIR names, and none outside', async () => {
    const outside = await init('SPECS_DIR=../elsewhere');
    expect(outside.code).toBe(2);
    expect(outside.stderr).toContain("SPECS_DIR is '../elsewhere', which is outside of");
    expect(filesIn(mine)).toEqual([]);
    expect((await init('SPECS_DIR=specs')).code).toBe(0);
    expect(existsSync(join(mine, 'specs/hello/hello.spec'))).toBe(true);
    expect(read(workflows[0] as string)).toContain('specs-dir: specs\n');
  });

  it('says that GitHub does not see workflows below the top of a repository', async () => {
    mkdirSync(join(mine, '../.git'));
    const { code, stderr } = await init();
    expect(code).toBe(0);
    expect(stderr).toContain(
      `only at the top of a repository, which is ${realpathSync(dirname(mine))}: move .github`,
    );
  });

  it('is refused in the checkout of azl, with a command that works', async () => {
    const before = filesIn(checkout.dir);
    const { code, stderr } = await checkout.run(['make', 'init']);
    expect(code).toBe(2);
    expect(filesIn(checkout.dir)).toEqual(before);
    const [, command = ''] = /Make one of your own: (.*)/.exec(stderr) ?? [];
    const ended = await checkout.run(['sh', '-c', command]);
    expect(ended.code, ended.stderr).toBe(0);
    expect(existsSync(join(dirname(checkout.dir), 'my-distro/SPECS/hello/hello.spec'))).toBe(true);
  });
});
