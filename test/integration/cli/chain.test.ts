import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeChain, recorded } from '../../support/chain.ts';
import type { Checkout } from '../../support/checkout.ts';
import { asUser } from '../../support/user.ts';

let checkout: Checkout;
afterEach(() => checkout.remove());

/** Runs make as a user without rights: root may write anywhere, so then it is nobody who asks. */
async function asNobody(...args: string[]) {
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const argv = ['make', '--no-print-directory', ...args];
  return await checkout.run(process.getuid?.() === 0 ? [...nobody, ...argv] : argv);
}

describe('make image', () => {
  it('starts the bundles in order, as the runner would, each with the outputs of earlier ones', async () => {
    checkout = await makeChain();
    const env = { SECRET: 'x', INPUT_FORGED: 'x', PACKAGE_BUILD_LIST: 'a b', ACTIONS_RUNTIME_TOKEN: 'x' };
    const ended = await checkout.run(['make', 'image', 'OUT_DIR=my out', 'UPDATE_LOCK=1'], env);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout.trim().split('\n')).toHaveLength(1);
    const [toolchain, build, compose] = recorded(checkout.dir);
    expect(recorded(checkout.dir).map(({ name }) => name)).toEqual([
      'toolchain',
      'build-packages',
      'compose-image',
    ]);
    expect(toolchain?.env).toMatchObject({
      'INPUT_UPDATE-LOCK': '1',
      'INPUT_CACHE-DIR': 'build/cache',
      'INPUT_TOOLCHAIN-DIR': 'build/cache/toolchain',
      GITHUB_WORKSPACE: checkout.dir,
    });
    expect(build?.env).toMatchObject({
      'INPUT_SPECS-DIR': 'examples/distro/SPECS',
      'INPUT_PACKAGE-BUILD-LIST': 'a b',
      'INPUT_BUILD-DIR': 'build',
      'INPUT_OUT-DIR': 'my out',
      'INPUT_TOOLCHAIN-DIR': '/elsewhere',
    });
    expect(compose?.env).toMatchObject({
      'INPUT_CONFIG-FILE': 'examples/distro/imageconfigs/minimal.json',
      'INPUT_RPMS-DIR': 'two\nlines',
    });
    for (const { cwd, env } of recorded(checkout.dir)) {
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
    expect(readdirSync(join(checkout.dir, 'build')).sort()).toEqual(['.made-by-azl', 'cache']);
  });

  it('with DEBUG=1 asks bundles for their debug log and shows it', async () => {
    checkout = await makeChain({ toolchain: "say('::debug::key of bash%0Aspec: 1');" });
    const plain = await checkout.run(['make', 'toolchain']);
    const debug = await checkout.run(['make', 'toolchain', 'DEBUG=1']);
    expect([plain.code, debug.code]).toEqual([0, 0]);
    expect(plain.stdout).not.toContain('key of bash');
    expect(debug.stdout).toContain('debug: key of bash\n       spec: 1\n');
    expect(recorded(checkout.dir).map(({ env }) => env['RUNNER_DEBUG'])).toEqual([undefined, '1']);
  });

  it('stops at the first bundle that fails', async () => {
    checkout = await makeChain({
      build: "say('::error file=a.spec,line=2::a.spec:2: broken%0Aquite'); process.exit(3);",
    });
    const ended = await checkout.run(['make', 'image']);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/^error: a\.spec:2: broken\nquite\nmake: /);
    expect(recorded(checkout.dir).map(({ name }) => name)).toEqual(['toolchain', 'build-packages']);
  });

  it('names everything that is wrong before anything starts', async () => {
    checkout = await makeChain();
    checkout.write('bad.json', '{"a": }');
    checkout.write('file', '');
    const given = [
      'OUT_DIR=file',
      'SPECS_DIR=nowhere',
      'CONFIG_FILE=bad.json',
      'RUN_CHECK=maybe',
      'PACKAGE=a',
    ];
    const ended = await checkout.run(['make', '--no-print-directory', 'image', ...given]);
    expect(ended.code).toBe(2);
    expect(ended.stderr.trim().split('\n')).toEqual([
      'error: PACKAGE has no effect on make image. Did you mean PACKAGE_BUILD_LIST?',
      "error: OUT_DIR is 'file', which is not a folder. Name a folder that you may write: OUT_DIR=<folder>.",
      expect.stringContaining("(SPECS_DIR) is 'nowhere', which does not exist."),
      "error: Input 'run-check' (RUN_CHECK) is 'maybe', expected true or false",
      'error: bad.json:1:7: This is not JSON: expected a value, but found "}"',
      expect.stringMatching(/^make: /),
    ]);
    expect(ended.stdout).toBe('');
    expect(recorded(checkout.dir)).toEqual([]);
    expect(existsSync(join(checkout.dir, 'build'))).toBe(false);
  });

  it.each(['A_VARIABLE', 'PACKAGE'])('passes over %s in the environment', async (name) => {
    checkout = await makeChain();
    expect(await checkout.run(['make', 'image'], { [name]: 'x' })).toMatchObject({ code: 0, stderr: '' });
  });

  it('takes a variable of any of the targets', async () => {
    checkout = await makeChain();
    const ended = await checkout.run(['make', 'clean', 'toolchain', 'UPDATE_LOCK=1']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const wrong = await checkout.run(['make', 'clean', 'toolchain', 'RUN_CHECK=y']);
    expect(wrong.stderr).toContain(
      'RUN_CHECK has no effect on make clean toolchain. It has one on make plan, ',
    );
  });

  it('removes temporary folders of a killed run', async () => {
    checkout = await makeChain();
    // No process has this number: it is beyond the greatest.
    checkout.write('build/runner-temp-4194305/files/x', '');
    checkout.write(`build/runner-temp-${process.pid}/files/x`, '');
    expect((await checkout.run(['make', 'toolchain'])).code).toBe(0);
    const left = readdirSync(join(checkout.dir, 'build')).filter((one) => one.startsWith('runner-temp-'));
    expect(left).toEqual([`runner-temp-${process.pid}`]);
  });

  it('lets other users read what it makes, whatever the umask is', async () => {
    checkout = await makeChain({ toolchain: "writeFileSync('made', '');" });
    const shell = ['sh', '-c', 'umask 077; exec make toolchain'];
    expect((await checkout.run(shell)).code).toBe(0);
    for (const path of ['build', 'out', 'build/cache', 'made'])
      expect(statSync(join(checkout.dir, path)).mode & 0o044).toBe(0o044);
  });

  it('ends without an error, and stops the bundle, if nobody reads its output', async () => {
    checkout = await makeChain({
      toolchain: `process.on('SIGINT', () => { appendFileSync('received-signal', 'SIGINT\\n'); process.exit(130); });
setInterval(() => say('and on'), 10);`,
    });
    const shell = ['bash', '-o', 'pipefail', '-c', 'make --no-print-directory image | head -n 1'];
    const ended = await checkout.run(shell);
    expect(ended.code).toBe(2);
    expect(ended.stdout).toMatch(/^This machine is fine.*\n$/);
    expect(ended.stderr).toMatch(/^make: \*\*\* .* Error 130\n$/);
    expect(recorded(checkout.dir).map(({ name }) => name)).toEqual(['toolchain']);
    expect(readFileSync(join(checkout.dir, 'received-signal'), 'utf8')).toBe('SIGINT\n');
  });

  it('draws one live line on a terminal, below permanent lines', async () => {
    const live = "writeSync(Number(process.env.AZL_PROGRESS_FD), '[1/2] a\\n'.repeat(3));";
    checkout = await makeChain({
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
    const unset = await checkout.run(onTerminal, { TERM: 'xterm', NO_COLOR: '' });
    expect(unset.stdout).toContain('\u001b[1m==> Build a');
    const dumb = await checkout.run(onTerminal, { TERM: 'dumb' });
    expect(dumb.stdout).not.toContain('\u001b');
  });
});

describe('a user without rights', () => {
  it('gets the command that gives back folders of another user, and no other hint', async () => {
    checkout = await makeChain();
    checkout.write('build/cache/toolchain/worker/bin/sh', '');
    checkout.write('build/logs/a.log', '');
    checkout.write('out/build.json', '');
    const readOnly = ['out', 'build', 'build/cache', 'build/logs'].map((path) => join(checkout.dir, path));
    for (const path of readOnly) chmodSync(path, 0o555);
    const { code, stderr } = await asNobody('image');
    for (const path of readOnly) chmodSync(path, 0o755);
    expect(code).toBe(2);
    expect(stderr).toContain(
      'error: writable: you may not write build, out. Fix: sudo find build out -path build/cache/toolchain/worker -prune -o -exec chown -h "$(id -un)": {} +\n',
    );
    expect(stderr).not.toContain('overlay');
    expect(stderr).not.toContain('EACCES');
    expect(recorded(checkout.dir)).toEqual([]);
  });

  it('gets no hint on folders that azl did not make, or will remove', async () => {
    checkout = await makeChain();
    const folders = ['disk/lost+found', 'disk/mine', 'build/cache', 'build/runner-temp-4194305', 'out'];
    const at = folders.map((path) => join(checkout.dir, path));
    for (const path of at) mkdirSync(path, { recursive: true });
    for (const path of ['build', 'build/cache', 'out', 'disk']) chmodSync(join(checkout.dir, path), 0o777);
    for (const path of ['disk/lost+found', 'disk/mine', 'build/runner-temp-4194305'])
      chmodSync(join(checkout.dir, path), 0o555);
    const { stdout, stderr } = await asNobody('toolchain', 'OUT_DIR=disk');
    expect(stdout + stderr).not.toContain('writable');
  });

  it('gets a problem for specs that cannot be read', async () => {
    checkout = await makeChain();
    const unreadable = join(checkout.dir, 'examples/distro/SPECS/closed');
    mkdirSync(unreadable, { mode: 0o000 });
    const { stderr } = await asNobody('plan');
    expect(stderr).toContain('SPECS/closed: this folder cannot be read. Run `chmod -R u+rX`');
  });

  it('gets the name of a folder that cannot be made, and no command to take one that azl did not make', async () => {
    checkout = await makeChain();
    chmodSync(checkout.dir, 0o555);
    const { code, stderr } = await asNobody('image', 'BUILD_DIR=/usr', 'CACHE_DIR=/usr/azl');
    chmodSync(checkout.dir, 0o755);
    expect(code).toBe(2);
    expect(stderr.split('\n').slice(0, -2)).toEqual([
      "error: BUILD_DIR is '/usr', which belongs to the operating system. Leave it out, or name a folder of its own: BUILD_DIR=<folder>.",
      expect.stringContaining("OUT_DIR is 'out', which cannot be made: you may not write in '"),
    ]);
  });
});

describe('make run', () => {
  it('needs no sudo, no disk space and no folders', async () => {
    checkout = await makeChain();
    // QEMU ends at once.
    checkout.write('bad.qcow2', 'no image');
    chmodSync(checkout.dir, 0o555);
    const { code, stdout, stderr } = await asNobody('run', 'IMAGE=bad.qcow2');
    chmodSync(checkout.dir, 0o755);
    expect(code).toBe(2);
    expect(stdout).toMatch(/^Booting bad\.qcow2/);
    expect(stderr).toMatch(/^qemu-system-x86_64: .*bad\.qcow2/);
    expect(stderr).not.toContain('error:');
  });
});

describe('make run of a user with sudo', () => {
  it('gets KVM, if the machine has it, also where only root may open the device', async () => {
    checkout = await makeChain();
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    checkout.write('build/cache/kvm.json', JSON.stringify({ bootId, works: true }));
    // QEMU has opened the device when it looks at the image.
    checkout.write('bad.qcow2', 'no image');
    chmodSync(checkout.dir, 0o755);
    const command = ['make', '--no-print-directory', 'run', 'IMAGE=bad.qcow2'];
    const { code, stdout, stderr } = await asUser(command, checkout.dir, 'everything');
    expect(code).toBe(2);
    const how = existsSync('/dev/kvm') ? '' : ' \\(emulated, which is slow\\)';
    expect(stdout).toMatch(new RegExp(`^Booting bad\\.qcow2${how}\\. Changes`));
    expect(stderr).toMatch(/^qemu-system-x86_64: .*bad\.qcow2/);
  });
});

describe('Ctrl-C', () => {
  /** Starts `make toolchain`'s CLI; `ready` when its bundle waits for a signal. */
  async function waiting(onSignal: string) {
    checkout = await makeChain({
      toolchain: `process.on('SIGINT', () => { ${onSignal} });
setInterval(() => {}, 1000);
say('pid ' + process.pid);`,
    });
    const cli = spawn('node', ['cli/dist/index.js', 'toolchain'], {
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

  it('reaches the bundle once, which ends by itself', async () => {
    const { cli, ended, said } = await waiting("say('stopping'); setTimeout(() => process.exit(130), 200);");
    cli.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(said().match(/stopping/g)).toHaveLength(1);
    expect(said()).toContain('\nStopping in order. Ctrl-C once more stops at once.\n');
    expect(readdirSync(join(checkout.dir, 'build')).sort()).toEqual(['.made-by-azl', 'cache']);
  });

  it('kills the bundle the second time', async () => {
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
    expect(said()).toMatch(/\nStopping at once: what is being built now is lost, finished work is kept\.\n$/);
    await expect
      .poll(() => {
        try {
          process.kill(bundle, 0);
          return 'heartbeat';
        } catch {
          return 'gone';
        }
      })
      .toBe('gone');
  });
});
