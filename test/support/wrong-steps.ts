import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { textDigest } from '../../src/shared/host/digests.ts';
import { runTool } from '../../src/shared/host/process.ts';
import type { Ended } from './checkout.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** A call of make as a user gives it. */
export interface Call {
  /** The target and its variables. */
  args: string[];
  env: Record<string, string>;
  /** A command that starts make, on a machine that lacks something. */
  starter: readonly string[];
}

const spec = (name: string) => `Summary: x
Name: ${name}
Version: 1
Release: 1
License: MIT
BuildArch: noarch
Source0: https://example.invalid/${name}.txt
%description
x
%install
install -D %{SOURCE0} %{buildroot}/usr/share/${name}.txt
%files
/usr/share/${name}.txt
`;

/** Writes one package that builds, below a folder of specs. */
export function writePackage(specs: string, name: string): void {
  mkdirSync(join(specs, name), { recursive: true });
  writeFileSync(join(specs, name, `${name}.spec`), spec(name));
  writeFileSync(join(specs, name, `${name}.txt`), name);
  const signatures = { Signatures: { [`${name}.txt`]: textDigest(name) } };
  writeFileSync(join(specs, name, `${name}.signatures.json`), JSON.stringify(signatures));
}

/** Writes a repository of two packages, an image config that lists one of them, and one that lacks a comma. */
export function writeRepository(dir: string): void {
  for (const name of ['alpha', 'beta']) writePackage(join(dir, 'SPECS'), name);
  mkdirSync(join(dir, 'imageconfigs'));
  writeFileSync(join(dir, 'imageconfigs/packages.json'), '{"packages": ["alpha"]}\n');
  const example = readFileSync(join(repository, 'examples/distro/imageconfigs/minimal.json'), 'utf8');
  const { Disks, SystemConfigs } = JSON.parse(example) as { Disks: object[]; SystemConfigs: object[] };
  const system = { ...SystemConfigs[0], PackageLists: ['packages.json'] };
  const config = { Disks, SystemConfigs: [{ ...system, AdditionalFiles: {}, PostInstallScripts: [] }] };
  const text = JSON.stringify(config);
  writeFileSync(join(dir, 'imageconfigs/minimal.json'), text);
  writeFileSync(join(dir, 'imageconfigs/bad.json'), text.replace(',"SystemConfigs"', ' "SystemConfigs"'));
}

/** Calls azl's Makefile from `dir`, with the toolchain of this checkout. */
export async function callMake({ args, env, starter }: Call, dir: string): Promise<Ended> {
  const make = ['make', '--no-print-directory', '-f', join(repository, 'Makefile'), ...args];
  const [command, ...rest] = [...starter, ...make];
  const child = spawn(command as string, rest, {
    cwd: dir,
    env: { ...usualEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (ended.stdout += chunk));
  child.stderr.on('data', (chunk) => (ended.stderr += chunk));
  ended.code = await new Promise((done, reject) => {
    child.once('error', reject);
    child.once('close', done);
  });
  return ended;
}

const usualEnvironment = () => ({
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? '/',
  CACHE_DIR: resolve(process.env['AZL_TEST_CACHE'] ?? 'build/cache'),
});

/** The messages of a call: all lines of standard error but make's own last one. */
export function messagesOf({ stderr }: Ended): string[] {
  return stderr.split('\n').filter((line) => line !== '' && !/^make: \*\*\* /.test(line));
}

/** What one kind of hint tells a reader to do. @returns the call that comes next */
type Follow = (found: RegExpExecArray, call: Call, dir: string, message: string) => Call | Promise<Call>;

const runsCommand: Follow = async ([, command = ''], call, dir) => {
  const env = Object.fromEntries(
    Object.entries({ ...usualEnvironment(), ...call.env }).filter(([, value]) => value !== ''),
  );
  await runTool(['sh', '-c', command], { cwd: dir, env });
  return call;
};

/** Sets a variable of the call, or takes it away. */
const set = (call: Call, name: string, value?: string): Call => ({
  ...call,
  args: [
    ...call.args.filter((arg) => !arg.startsWith(`${name}=`)),
    ...(value === undefined ? [] : [`${name}=${value}`]),
  ],
});

/** The kinds of hints, and what a reader does who knows nothing but the message. The first that matches is followed. */
const hints: readonly [RegExp, Follow][] = [
  [/Did you mean: make .* (\S+)$/, ([, target = ''], call) => ({ ...call, args: [target] })],
  [
    /(?:Did you mean|Nearest:) '?([^'?]+)'?[?.]/,
    ([, right = ''], call, _dir, message) => {
      const before = message.split(/Did you mean|Nearest/)[0] ?? '';
      const wrong = [...before.matchAll(/ '([^']+)'/g)].at(-1)?.[1];
      const file = /^error: ([^:]+): /.exec(message)?.[1];
      const replaced = (arg: string) =>
        [wrong, file].reduce<string>(
          (text, one) => (one === undefined ? text : text.replace(one, right)),
          arg,
        );
      return { ...call, args: call.args.map(replaced) };
    },
  ],
  [/(\w+)=<folder>.*Leave it out|Leave it out.* (\w+)=<folder>/, ([, a, b], call) => set(call, a ?? b ?? '')],
  [/(\w+)=<folder>/, ([, name = ''], call) => set(call, name, `fresh/${name}`)],
  [/\((\w+)\) is .*, expected (\w+) or /, ([, name = '', value], call) => set(call, name, value)],
  [/`unset (\w+)`/, ([, name = ''], call) => ({ ...call, env: { ...call.env, [name]: '' } })],
  [/(?:then|and) run: (make .*)$/, runsCommand],
  [
    /^error: ([^:]+): this spec has the same name as .*Rename one/,
    ([, path = ''], call, dir) => {
      const to = join(dir, dirname(path), 'renamed.spec');
      writeFileSync(
        join(dir, path),
        readFileSync(join(dir, path), 'utf8').replace(/^Name: .*/m, 'Name: renamed'),
      );
      renameSync(join(dir, path), to);
      return call;
    },
  ],
  [
    /^error: ([^:]+):(\d+):(\d+): .*expected '(.)'/,
    ([, path = '', line, column, missing], call, dir) => {
      const lines = readFileSync(join(dir, path), 'utf8').split('\n');
      const at = Number(column) - 1;
      const text = lines[Number(line) - 1] ?? '';
      lines[Number(line) - 1] = text.slice(0, at) + missing + text.slice(at);
      writeFileSync(join(dir, path), lines.join('\n'));
      return call;
    },
  ],
  [
    /^error: (.*)\/(\w+)\.spec: Source0 '(.*?)'.*Put the file beside the spec/,
    ([, folder = '', name = '', file = ''], call, dir) => {
      writeFileSync(join(dir, folder, file), name);
      return call;
    },
  ],
  [
    /^error: ([^:]+): .*Put each package into a folder of its own/,
    ([, specs = ''], call, dir) => {
      writePackage(join(dir, specs), 'gamma');
      return call;
    },
  ],
  [
    /Use a machine with (Debian) (\d+)/,
    ([, name = '', version], call, dir) => {
      writeFileSync(join(dir, '.release'), `ID=${name.toLowerCase()}\nVERSION_ID=${version}\n`);
      return call;
    },
  ],
  [/Start the container with --privileged/, (_, call) => ({ ...call, starter: [] })],
  [
    /azl needs Node (\d+) or newer/,
    ([, major], call) => {
      if (Number(process.versions.node.split('.')[0]) < Number(major))
        throw new Error('this Node is too old');
      return { ...call, env: { ...call.env, PATH: usualEnvironment().PATH } };
    },
  ],
  [/works on Linux alone/, (_, call) => ({ ...call, env: { ...call.env, PATH: usualEnvironment().PATH } })],
];

/** Does what a message says, as a script can that knows nothing else. @throws Error when it says nothing to do */
export async function follow(message: string, call: Call, dir: string): Promise<Call> {
  for (const [pattern, does] of hints) {
    const found = pattern.exec(message);
    if (found !== null) return await does(found, call, dir, message);
  }
  throw new Error(`no way on in: ${message}`);
}

/** The files of a workspace besides those of a run, and what a run leaves in its folders only while it works. */
export function contentOf(dir: string): string[] {
  const working = ['build/roots', 'build/overlays', 'build/staging', 'build/exchange'];
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter(
      (path) =>
        !/^(build|out)(\/|$)/.test(path) || working.includes(dirname(path)) || /runner-temp-/.test(path),
    )
    .sort();
}
