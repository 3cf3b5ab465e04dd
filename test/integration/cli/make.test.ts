import { readFileSync } from 'node:fs';
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
      expect(alone.stdout).toMatch(target === 'clean-all' ? target : `make ${target} `);
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
    [['imag'], "There is no target 'imag'. Did you mean 'make image'?"],
    [['doctr', 'OUT_DIR=x'], "There is no target 'doctr'. Did you mean 'make doctor'?"],
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
    expect(wrong.stderr).toContain("Did you mean 'make image'?");
    expect(await checkout.run([...argv, 'image'], {}, cwd)).toMatchObject({ code: 0, stderr: '' });
    const workspace = cwd === '/' ? checkout.dir : cwd;
    const [, build, compose] = recorded(workspace);
    const place = (env: Record<string, string> = {}, input = '') =>
      relative(checkout.dir, resolve(workspace, env[`INPUT_${input}`] ?? ''));
    expect(place(build?.env, 'SPECS-DIR')).toBe('examples/distro/SPECS');
    expect(place(build?.env, 'CACHE-DIR')).toBe('build/cache');
    expect(place(compose?.env, 'CONFIG-FILE')).toBe('examples/distro/imageconfigs/minimal.json');
  });
});
