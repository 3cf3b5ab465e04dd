import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Checkout, makeCheckout, stamp, withProgram } from '../../support/checkout.ts';

let checkout: Checkout;
afterEach(() => checkout.remove());

const places = { 'build-dir': '', 'out-dir': '', 'cache-dir': '', 'toolchain-dir': '' };

/** Three bundles that tell who ran, in which environment. */
async function chain(bodies: { toolchain?: string; build?: string; compose?: string } = {}): Promise<void> {
  const tell = (name: string) =>
    `appendFileSync('told', JSON.stringify({ name: '${name}', cwd: process.cwd(), env: process.env }) + '\\n');`;
  checkout = await makeCheckout({
    toolchain: {
      inputs: { ...places, update: 'n' },
      body: `${tell('toolchain')}\noutput('toolchain-dir', '/elsewhere');\n${bodies.toolchain ?? ''}`,
    },
    'build-packages': {
      inputs: { ...places, 'specs-dir': 'SPECS', 'package-build-list': '' },
      body: `${tell('build-packages')}\noutput('rpms-dir', 'two\\nlines');\n${bodies.build ?? ''}`,
    },
    'compose-image': {
      inputs: { ...places, 'config-file': '', 'rpms-dir': 'none' },
      body: `${tell('compose-image')}\n${bodies.compose ?? ''}`,
    },
  });
  checkout.write('examples/distro/SPECS/a/a.spec', 'Name: a\n');
  checkout.write('examples/distro/imageconfigs/minimal.json', '{}\n');
}

/** What the bundles told, in their order. */
function told(): { name: string; cwd: string; env: Record<string, string> }[] {
  const path = join(checkout.dir, 'told');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('make', () => {
  it('alone is make help: every target of the Makefile, without a colour', async () => {
    await chain();
    const alone = await checkout.run(['make']);
    const help = await checkout.run(['make', 'help']);
    expect(alone).toEqual(help);
    expect(alone.code).toBe(0);
    const makefile = readFileSync(join(checkout.dir, 'Makefile'), 'utf8');
    const targets = [...makefile.matchAll(/^(?:local|house)_targets := (.*)$/gm)].flatMap((found) =>
      (found[1] as string).split(' '),
    );
    expect(targets.length).toBeGreaterThan(12);
    for (const target of targets) {
      expect(alone.stdout).toMatch(target === 'clean-all' ? target : `make ${target} `);
    }
    expect(alone.stdout).not.toContain('\u001b');
  });

  it('with -n starts nothing', async () => {
    await chain();
    expect((await checkout.run(['make', '-n', 'image'])).code).toBe(0);
    expect(told()).toEqual([]);
  });

  it.each([
    [['image', 'SPECS_DRI=x'], "Unknown variable 'SPECS_DRI'. Did you mean 'SPECS_DIR'?"],
    [['image', 'OUTDIR=x', 'PACKAGE_BUILD_LST=y'], "Unknown variable 'OUTDIR'. Did you mean 'OUT_DIR'?"],
    [['clean', 'UPDTE=1'], "Unknown variable 'UPDTE'. Did you mean 'UPDATE'?"],
    [['imag'], "There is no target 'imag'. Did you mean 'make image'?"],
    [['doctr', 'OUT_DIR=x'], "There is no target 'doctr'. Did you mean 'make doctor'?"],
    [['test', 'OUT_DIR=x'], 'make test takes no variables; given: OUT_DIR.'],
  ])('%j is an error that names the nearest', async (args, message) => {
    await chain();
    const ended = await checkout.run(['make', ...args]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(message);
    expect(ended.stdout).toBe('');
    expect(told()).toEqual([]);
  });

  it.each([
    ['#!/bin/sh\necho v18.19.0\n', 'v18.19.0'],
    ['#!/bin/sh\nexit 127\n', ''],
  ])('says in one line that Node is too old or absent', async (node, seen) => {
    await chain();
    const path = withProgram(checkout, 'node', node);
    const ended = await checkout.run(['make', 'image'], { PATH: path });
    expect(ended.code).toBe(2);
    const lines = ended.stderr.trim().split('\n');
    expect(lines[0]).toContain('azl needs Node 20 or newer');
    expect(lines[0]).toContain(seen);
    expect(lines[0]).toContain('https://nodejs.org');
    expect(lines).toHaveLength(2); // The second is make's own.
  });

  it('builds the bundles anew when a source has changed', async () => {
    await chain();
    checkout.write('src/new.ts', '');
    checkout.write('scripts/start.sh', 'echo "asked for: $1" >&2; exit 1\n');
    const ended = await checkout.run(['make', 'image']);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('asked for: dist');
    expect(told()).toEqual([]);
  });
});

describe('make image', () => {
  it('starts the bundles in order, as the runner would, each with what those before it said', async () => {
    await chain();
    const env = { SECRET: 'x', INPUT_FORGED: 'x', PACKAGE_BUILD_LIST: 'a b', ACTIONS_RUNTIME_TOKEN: 'x' };
    const ended = await checkout.run(['make', 'image', 'OUT_DIR=my out', 'UPDATE=1'], env);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout.trim().split('\n')).toHaveLength(1);
    const [toolchain, build, compose] = told();
    expect(told().map(({ name }) => name)).toEqual(['toolchain', 'build-packages', 'compose-image']);
    expect(toolchain?.env).toMatchObject({
      INPUT_UPDATE: '1',
      'INPUT_BUILD-DIR': 'build',
      'INPUT_OUT-DIR': 'my out',
      'INPUT_CACHE-DIR': 'build/cache',
      'INPUT_TOOLCHAIN-DIR': 'build/cache/toolchain',
      GITHUB_WORKSPACE: checkout.dir,
    });
    expect(build?.env).toMatchObject({
      'INPUT_SPECS-DIR': 'examples/distro/SPECS',
      'INPUT_PACKAGE-BUILD-LIST': 'a b',
      'INPUT_TOOLCHAIN-DIR': '/elsewhere',
    });
    expect(compose?.env).toMatchObject({
      'INPUT_CONFIG-FILE': 'examples/distro/imageconfigs/minimal.json',
      'INPUT_RPMS-DIR': 'two\nlines',
    });
    for (const { cwd, env } of told()) {
      expect(cwd).toBe(checkout.dir);
      for (const name of [
        'SECRET',
        'INPUT_FORGED',
        'ACTIONS_RUNTIME_TOKEN',
        'AZL_PROGRESS_FD',
        'MAKEFLAGS',
      ]) {
        expect(env).not.toHaveProperty(name);
      }
      expect(existsSync(env['RUNNER_TEMP'] as string)).toBe(false);
    }
    expect(readdirSync(join(checkout.dir, 'build')).sort()).toEqual(['cache']);
  });

  it('stops at the first bundle that fails', async () => {
    await chain({ build: "say('::error file=a.spec,line=2::a.spec:2: broken%0Aquite'); process.exit(3);" });
    const ended = await checkout.run(['make', 'image']);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/^error: a\.spec:2: broken\nquite\nmake: /);
    expect(told().map(({ name }) => name)).toEqual(['toolchain', 'build-packages']);
  });

  it('names everything that is wrong before anything starts', async () => {
    await chain();
    checkout.write('bad.json', '{"a": }');
    const ended = await checkout.run(['make', 'image', 'SPECS_DIR=nowhere', 'CONFIG_FILE=bad.json']);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain("SPECS_DIR is 'nowhere', which does not exist");
    expect(ended.stderr).toContain('error: bad.json: is no JSON');
    expect(told()).toEqual([]);
    expect(existsSync(join(checkout.dir, 'build', 'cache'))).toBe(false);
  });

  it('draws one live line on a terminal, below what stays', async () => {
    const live = "writeSync(Number(process.env.AZL_PROGRESS_FD), '[1/2] a\\n'.repeat(3));";
    await chain({
      build: `${live}\nawait new Promise((done) => setTimeout(done, 300));\nsay('::group::Build a');`,
    });
    const onTerminal = ['script', '-qefc', 'make image', '/dev/null'];
    const ended = await checkout.run(onTerminal, { TERM: 'xterm' });
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('\r\u001b[2K[1/2] a\r\u001b[2K');
    expect(ended.stdout).toContain('\u001b[1m==> Build a\u001b[0m');
    const plain = await checkout.run(onTerminal, { TERM: 'xterm', NO_COLOR: '1' });
    expect(plain.stdout).toContain('==> Build a');
    expect(plain.stdout).not.toContain('\u001b[1m');
  });
});

describe('Ctrl-C', () => {
  /** Starts `make toolchain`'s CLI; `ready` when its bundle waits for a signal. */
  async function waiting(onSignal: string) {
    await chain({
      toolchain: `process.on('SIGINT', () => { ${onSignal} });
setInterval(() => {}, 1000);
say('pid ' + process.pid);`,
    });
    const cli = spawn('node', ['local/dist/index.js', 'toolchain'], {
      cwd: checkout.dir,
      env: { PATH: process.env['PATH'] ?? '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    const bundle = await new Promise<number>((resolve) => {
      cli.stdout.on('data', (chunk) => {
        said += chunk;
        const pid = /^pid (\d+)$/m.exec(said);
        if (pid !== null) resolve(Number(pid[1]));
      });
    });
    const ended = new Promise<number | null>((resolve) => cli.once('close', resolve));
    return { cli, bundle, ended, said: () => said };
  }

  it('reaches the bundle once, which ends in its own time', async () => {
    const { cli, ended, said } = await waiting("say('stopping'); setTimeout(() => process.exit(130), 200);");
    cli.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(said().match(/stopping/g)).toHaveLength(1);
    expect(readdirSync(join(checkout.dir, 'build')).sort()).toEqual(['cache']);
  });

  it('kills the second time', async () => {
    const { cli, bundle, ended, said } = await waiting("say('stopping');");
    cli.kill('SIGINT');
    await new Promise<void>((resolve) => {
      const look = setInterval(() => {
        if (!said().includes('stopping')) return;
        clearInterval(look);
        resolve();
      }, 20);
    });
    cli.kill('SIGINT');
    expect(await ended).toBe(130);
    await expect
      .poll(() => {
        try {
          process.kill(bundle, 0);
          return 'alive';
        } catch {
          return 'gone';
        }
      })
      .toBe('gone');
  });
});

describe('make clean', () => {
  it('keeps the cache; clean-all does not', async () => {
    await chain();
    for (const path of ['build/logs/a.log', 'build/cache/store/x', 'out/RPMS/x']) checkout.write(path, '');
    expect((await checkout.run(['make', 'clean'])).code).toBe(0);
    expect(readdirSync(join(checkout.dir, 'build'))).toEqual(['cache']);
    expect(existsSync(join(checkout.dir, 'out'))).toBe(false);
    expect((await checkout.run(['make', 'clean-all'])).code).toBe(0);
    expect(existsSync(join(checkout.dir, 'build'))).toBe(false);
  });

  it('removes nothing from a folder that is not ours', async () => {
    await chain();
    checkout.write('mine/precious', '');
    checkout.write('out/x', '');
    const ended = await checkout.run(['make', 'clean', 'BUILD_DIR=mine']);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('was not made by azl: nothing is removed');
    expect(existsSync(join(checkout.dir, 'mine/precious'))).toBe(true);
    expect(existsSync(join(checkout.dir, 'out/x'))).toBe(true);
  });

  it('removes a folder elsewhere that a run made', async () => {
    await chain();
    await stamp(checkout);
    expect((await checkout.run(['make', 'toolchain', 'BUILD_DIR=else/where'])).code).toBe(0);
    expect(existsSync(join(checkout.dir, 'else/where'))).toBe(true);
    expect((await checkout.run(['make', 'clean', 'BUILD_DIR=else/where'])).code).toBe(0);
    expect(readdirSync(join(checkout.dir, 'else/where'))).toEqual(['.made-by-azl']);
  });
});
