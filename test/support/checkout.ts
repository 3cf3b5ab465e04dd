import { spawn } from 'node:child_process';
import { chmodSync, cpSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How a process ended, and what it said. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A checkout of azl with the real Makefile and local CLI, and bundles of the test's own. */
export interface Checkout {
  dir: string;
  /** Writes a file in it, with its folders. */
  write(path: string, text: string): void;
  /** Runs a command in it (or in `cwd`), with nothing in the environment but what finds tools, and `env`. */
  run(argv: readonly string[], env?: Record<string, string>, cwd?: string): Promise<Ended>;
  remove(): void;
}

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Writes the digest of the sources again, as `make dist` does, so that the bundles count as current. */
export async function stamp(checkout: Checkout): Promise<void> {
  const { stdout } = await checkout.run(['sh', 'cli/sources.sh']);
  checkout.write('cli/dist/sources.sha256', stdout);
}

/**
 * @param bodies by action name: the body of its bundle, an ES module that finds `say(...)`, `input(name)` and
 *   `output(name, value)`
 * @param name of the checkout's folder, in a folder of its own; default: one that make takes for one word
 */
export async function makeCheckout(
  bodies: Readonly<Record<string, string>>,
  name = 'azl',
): Promise<Checkout> {
  const parent = mkdtempSync(join(tmpdir(), 'azl-checkout-'));
  // Other users look into it, too.
  chmodSync(parent, 0o755);
  const dir = join(parent, name);
  const checkout: Checkout = {
    dir,
    write(path, text) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), text);
    },
    async run(argv, env = {}, cwd = dir) {
      const child = spawn(argv[0] as string, argv.slice(1), {
        cwd,
        env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const ended: Ended = { code: null, stdout: '', stderr: '' };
      child.stdout.on('data', (chunk) => (ended.stdout += chunk));
      child.stderr.on('data', (chunk) => (ended.stderr += chunk));
      ended.code = await new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('close', resolve);
      });
      return ended;
    },
    remove: () => rmSync(parent, { recursive: true, force: true }),
  };
  mkdirSync(dir, { recursive: true });
  for (const path of [
    'Makefile',
    'cli',
    'scripts',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'examples/distro/imageconfigs',
    'examples/new-repository',
    ...globSync('actions/**/action.yml', { cwd: repository }),
  ]) {
    cpSync(join(repository, path), join(dir, path), { recursive: true });
  }
  mkdirSync(join(dir, 'src'));
  checkout.write('examples/distro/SPECS/a/a.spec', 'Name: a\n');
  for (const [action, body] of Object.entries(bodies)) {
    mkdirSync(join(dir, 'actions', action, 'src'));
    checkout.write(`actions/${action}/dist/package.json`, '{"type":"module"}\n');
    checkout.write(
      `actions/${action}/dist/index.js`,
      `import { appendFileSync, writeFileSync, writeSync } from 'node:fs';
const say = (text) => writeSync(1, text + '\\n');
const input = (name) => process.env['INPUT_' + name.toUpperCase()];
const output = (name, value) =>
  appendFileSync(process.env.GITHUB_OUTPUT, name + '<<EOT\\n' + value + '\\nEOT\\n');
${body}
`,
    );
  }
  await stamp(checkout);
  return checkout;
}

/** Puts a program of the test's own where PATH finds it first. Answers that PATH. */
export function withProgram(checkout: Checkout, name: string, script: string): string {
  checkout.write(`bin/${name}`, script);
  chmodSync(join(checkout.dir, 'bin', name), 0o755);
  return `${join(checkout.dir, 'bin')}:${process.env['PATH'] ?? ''}`;
}
