import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeChain, recorded } from '../../support/chain.ts';
import { type Checkout, withProgram } from '../../support/checkout.ts';

let checkout: Checkout;
afterEach(() => checkout.remove());

describe('make', () => {
  it('alone is make help: every target of the Makefile, without a colour', async () => {
    checkout = await makeChain();
    const alone = await checkout.run(['make']);
    const help = await checkout.run(['make', 'help']);
    expect(alone).toEqual(help);
    expect(alone.code).toBe(0);
    const makefile = readFileSync(join(checkout.dir, 'Makefile'), 'utf8');
    const targets = [...makefile.matchAll(/^(?:local|dev)_targets := (.*)$/gm)].flatMap((found) =>
      (found[1] as string).split(' '),
    );
    expect(targets.length).toBeGreaterThan(12);
    for (const target of targets) {
      expect(alone.stdout).toMatch(
        target === 'clean-all' ? target : new RegExp(`make (-C \\.\\./azl )?${target} `),
      );
    }
    expect(alone.stdout).not.toContain('\u001b');
  });

  it('with -n starts nothing', async () => {
    checkout = await makeChain();
    expect((await checkout.run(['make', '-n', 'image'])).code).toBe(0);
    expect(recorded(checkout.dir)).toEqual([]);
  });

  it.each([
    [['image', 'SPECS_DRI=x'], "Unknown variable 'SPECS_DRI'. Did you mean 'SPECS_DIR'?"],
    [['image', 'OUTDIR=x', 'PACKAGE_BUILD_LST=y'], "Unknown variable 'OUTDIR'. Did you mean 'OUT_DIR'?"],
    [['clean', 'UPDTE_LOCK=1'], "Unknown variable 'UPDTE_LOCK'. Did you mean 'UPDATE_LOCK'?"],
    [['imag'], "There is no target 'imag'. Did you mean: make image"],
    [['doctr', 'OUT_DIR=x'], "There is no target 'doctr'. Did you mean: make doctor OUT_DIR=x"],
    [['test', 'OUT_DIR=x'], 'make test takes no variable but DEBUG; given: OUT_DIR.'],
    [['test', 'DIR=x'], 'make test takes no variable but DEBUG; given: DIR.'],
    [['act', 'WORKFLOW=nightly', 'DIR=x'], 'make act takes no variable but WORKFLOW REPO and DEBUG; given:'],
    [
      ['publish-trees', 'WORKFLOW=x'],
      'make publish-trees takes no variable but DIR and DEBUG; given: WORKFLOW.',
    ],
  ])('%j is an error that names the nearest', async (args, message) => {
    checkout = await makeChain();
    const ended = await checkout.run(['make', ...args]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(message);
    expect(ended.stdout).toBe('');
    expect(recorded(checkout.dir)).toEqual([]);
  });

  it.each([
    ['#!/bin/sh\necho v18.19.0\n', 'v18.19.0'],
    ['#!/bin/sh\nexit 127\n', ''],
  ])('says in one line that Node is too old or missing', async (node, seen) => {
    checkout = await makeChain();
    const path = withProgram(checkout, 'node', node);
    const ended = await checkout.run(['make', 'image'], { PATH: path });
    expect(ended.code).toBe(2);
    const lines = ended.stderr.trim().split('\n');
    expect(lines[0]).toContain('azl needs Node 20 or newer');
    expect(lines[0]).toContain(seen);
    expect(lines[0]).toContain('https://nodejs.org');
    expect(lines).toHaveLength(2); // The second is make's own.
  });

  it.each([
    ['Darwin', /^azl works on Linux alone, and this is macOS\. Use .*docker run --privileged/],
    ['MINGW64_NT-10.0', /^azl works on Linux alone, and this is Windows\. Use WSL 2: `wsl --install/],
    ['MSYS_NT-10.0', /this is Windows\. /],
    ['FreeBSD', /^azl works on Linux alone, and this is FreeBSD\. Use a machine with Debian/],
  ])('says in one line that %s is another system, before Node is looked for', async (name, sentence) => {
    checkout = await makeChain();
    withProgram(checkout, 'node', '#!/bin/sh\nexit 127\n');
    const path = withProgram(checkout, 'uname', `#!/bin/sh\necho '${name}'\n`);
    for (const target of ['image', 'doctor', 'test']) {
      const ended = await checkout.run(['make', '--no-print-directory', target], { PATH: path });
      expect(ended.code).toBe(2);
      const lines = ended.stderr.trim().split('\n');
      expect(lines).toEqual([expect.stringMatching(sentence), expect.stringMatching(/^make: /)]);
    }
  });

  it('rebuilds the bundles if a source has changed', async () => {
    checkout = await makeChain();
    checkout.write('src/new.ts', '');
    checkout.write('scripts/start.sh', 'echo "asked for: $1" >&2; exit 1\n');
    const ended = await checkout.run(['make', 'image']);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('asked for: dist');
    expect(recorded(checkout.dir)).toEqual([]);
  });
});

describe('a checkout in a folder with a blank and a comma', () => {
  it.each<[string, (dir: string) => [string[], string]]>([
    ['plain', (dir) => [['make'], dir]],
    ['by -C', (dir) => [['make', '--no-print-directory', '-C', dir], '/']],
    ['by -f', (dir) => [['make', '-f', join(dir, 'Makefile')], dirname(dir)]],
    ['by -f, from its side', (dir) => [['make', '-f', `${basename(dir)}/Makefile`], dirname(dir)]],
  ])('is found %s', async (_how, start) => {
    checkout = await makeChain({}, 'a checkout, mine/azl  1');
    const [argv, cwd] = start(checkout.dir);
    const wrong = await checkout.run([...argv, 'imag'], {}, cwd);
    expect(wrong.stderr).toMatch(/Did you mean: make .*image$/m);
    const { code, stderr } = await checkout.run([...argv, 'image'], {}, cwd);
    // A program started it there, and left no PWD.
    const isLost = cwd === '/';
    const workspace = isLost ? checkout.dir : cwd;
    const lost = `warning: Nothing tells make -C in which folder you stand, so this is done in ${workspace}. From your own folder, use -f: make -f '${checkout.dir}/Makefile' …\n`;
    expect([code, stderr]).toEqual([0, isLost ? lost : '']);
    const [, build, compose] = recorded(workspace);
    const place = (env: Record<string, string> = {}, input = '') =>
      relative(checkout.dir, resolve(workspace, env[`INPUT_${input}`] ?? ''));
    expect(place(build?.env, 'SPECS-DIR')).toBe('examples/distro/SPECS');
    expect(place(build?.env, 'CACHE-DIR')).toBe('build/cache');
    expect(place(compose?.env, 'CONFIG-FILE')).toBe('examples/distro/imageconfigs/minimal.json');
  });
});

describe("the user's own repository", () => {
  const name = `it's "mine" $HOME`;

  /** Writes a repository beside azl's checkout, with one image config. Returns its folder. */
  function ownRepository(): string {
    checkout.write(`../${name}/SPECS/own/own.spec`, 'Name: own\n');
    const own = join(dirname(checkout.dir), name);
    cpSync(join(checkout.dir, 'examples/distro/imageconfigs'), join(own, 'imageconfigs'), {
      recursive: true,
    });
    renameSync(join(own, 'imageconfigs/minimal.json'), join(own, 'imageconfigs/own.json'));
    return own;
  }

  /** Runs a script where the user stands. A shell sets PWD, and not as the caller left it. */
  const inShell = async (script: string, at: string) =>
    await checkout.run(['sh', '-c', script], { PWD: '/' }, at);

  it.each([
    ['-C', 'make -C ../azl image'],
    ['-C, in two steps', 'make -C .. -C azl image'],
    ['-C and -f', 'make --no-print-directory -C ../azl -f Makefile image'],
    ['-C to a link', 'ln -s ../azl ./a\\ link; make -C "a link" image'],
    ['-C, through a link to the repository', 'ln -s "$PWD" ../link; cd ../link; make -C "$PWD/../azl" image'],
    ['-f', 'make -f ../azl/Makefile image'],
  ])('is the workspace of make %s', async (_how, script) => {
    checkout = await makeChain();
    const own = ownRepository();
    expect(await inShell(script, own)).toMatchObject({ code: 0, stderr: '' });
    const [, build, compose] = recorded(own);
    expect(build?.cwd).toBe(own);
    expect(build?.env).toMatchObject({
      'INPUT_SPECS-DIR': 'SPECS',
      'INPUT_BUILD-DIR': 'build',
      'INPUT_CACHE-DIR': join(checkout.dir, 'build/cache'),
    });
    expect(compose?.env['INPUT_CONFIG-FILE']).toBe('imageconfigs/own.json');
    expect(existsSync(join(checkout.dir, 'recorded'))).toBe(false);
  });

  it('gives its folders with -C as it sees them', async () => {
    checkout = await makeChain();
    const own = ownRepository();
    checkout.write(`../${name}/else where/SPECS/own/own.spec`, 'Name: own\n');
    const script = "make -C ../azl build-packages SPECS_DIR='else where/SPECS' OUT_DIR=o";
    expect(await inShell(script, own)).toMatchObject({ code: 0 });
    expect(recorded(own)[1]?.env).toMatchObject({
      'INPUT_SPECS-DIR': 'else where/SPECS',
      'INPUT_OUT-DIR': 'o',
    });
  });

  it('is that of the shell for make -C without PWD', async () => {
    checkout = await makeChain();
    const own = ownRepository();
    expect((await inShell('env -u PWD make -C ../azl plan', own)).code).toBe(2); // No bundle of the plan.
    expect(recorded(own).map(({ cwd }) => cwd)).toEqual([own]);
    expect(recorded(checkout.dir)).toEqual([]);
  });

  it("without specs gets azl's example, and one line says so", async () => {
    checkout = await makeChain();
    mkdirSync(join(dirname(checkout.dir), name));
    const ended = await inShell('make -f ../azl/Makefile build-packages', join(dirname(checkout.dir), name));
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toContain(
      "There is no folder SPECS here: azl's example distribution stands in. Your own begins with: make -f ../azl/Makefile init\n",
    );
    expect((await checkout.run(['make', 'build-packages'])).stdout).not.toContain('There is no folder SPECS');
  });

  it('with no image config, or with several, is asked for one', async () => {
    checkout = await makeChain();
    const own = ownRepository();
    const first = join(own, 'imageconfigs/own.json');
    copyFileSync(first, join(own, "imageconfigs/a 'b'.json"));
    const several = await inShell('make -C ../azl image', own);
    expect(several.code).toBe(2);
    expect(several.stderr).toContain(
      "error: There are 2 image configs: imageconfigs/a 'b'.json, imageconfigs/own.json. ",
    );
    expect(several.stderr.match(/error: /g)).toHaveLength(1);
    const command = /Name one: (.*)$/m.exec(several.stderr)?.[1] as string;
    expect(await inShell(command, own)).toMatchObject({ code: 0, stderr: '' });
    expect(recorded(own)[2]?.env['INPUT_CONFIG-FILE']).toBe("imageconfigs/a 'b'.json");
    rmSync(join(own, 'imageconfigs'), { recursive: true });
    const none = await inShell('make -C ../azl image', own);
    expect(none.stderr).toContain(
      'error: There is no image config in imageconfigs. Name one with CONFIG_FILE=<file>.',
    );
    expect(none.stderr.match(/error: /g)).toHaveLength(1);
  });
});
