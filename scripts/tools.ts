import { existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { chmod, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../src/shared/base/log.ts';
import { missingNeeds } from '../src/shared/host/needs.ts';
import { ensureCommands } from '../src/shared/host/packages.ts';
import { runTool } from '../src/shared/host/process.ts';
import { repository } from './build-dist.ts';

/** Programs that only CI and `make act` use, from the package registry of their language. */
const tools = {
  act: { version: '0.2.89', module: 'github.com/nektos/act' },
  actionlint: { version: '1.7.12', module: 'github.com/rhysd/actionlint/cmd/actionlint' },
  zizmor: { version: '1.32.0', package: 'zizmor' },
} as const;

export type Tool = keyof typeof tools;

/** The Go version that the modules require, or a newer one. */
const goVersion = '1.25.0';

/** The folder of the tools, with a folder for each version. Git ignores it, and `make clean` removes it. */
const home = join(repository, 'build', 'tools');

/** The path of a tool's program. */
export function toolPath(name: Tool): string {
  return join(home, `${name}-${tools[name].version}`, 'bin', name);
}

/**
 * Installs the missing tools in exactly the versions above: from the Go module proxy and the Python package index,
 * with the user's settings for them. Go and Python's venv are installed by apt.
 */
export async function ensureTools(names: readonly Tool[], log: Log): Promise<void> {
  for (const name of names) {
    if (existsSync(toolPath(name))) continue;
    const one = tools[name];
    log.info(`Installing ${name} ${one.version} into build/tools.`);
    mkdirSync(home, { recursive: true });
    const work = mkdtempSync(join(home, 'new-'));
    try {
      const target = join(work, 'target');
      if ('module' in one) await installGo(`${one.module}@v${one.version}`, target, work, log);
      else await installPython(`${one.package}==${one.version}`, target, log);
      await rename(target, join(toolPath(name), '../..'));
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
}

/** Returns the environment of this process, with the user's proxies and certificates, plus `more`. */
function environment(more: Record<string, string> = {}): Record<string, string> {
  const own = Object.entries(process.env).filter((one): one is [string, string] => one[1] !== undefined);
  return { ...Object.fromEntries(own), ...more };
}

async function installPython(requirement: string, target: string, log: Log): Promise<void> {
  await ensureCommands(['python3', 'python3-venv', 'CA certificates'], log);
  await runTool(['/usr/bin/python3', '-m', 'venv', target], { env: environment() });
  const pip = ['pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', requirement];
  await runTool([join(target, 'bin', 'python3'), '-m', ...pip], { env: environment() });
}

async function installGo(module: string, target: string, work: string, log: Log): Promise<void> {
  const env = environment({
    GOPATH: join(work, 'path'),
    GOCACHE: join(work, 'cache'),
    GOBIN: join(target, 'bin'),
    GOFLAGS: '-modcacherw',
    CGO_ENABLED: '0',
    GOTOOLCHAIN: `go${goVersion}+auto`,
  });
  const go = await findGo(env, work, log);
  await runTool([go.command, 'install', module], { cwd: work, env: { ...env, ...go.env } });
}

/** Finds a Go that is new enough: on PATH or by apt, or as a module that such a Go downloads. */
async function findGo(
  env: Record<string, string>,
  work: string,
  log: Log,
): Promise<{ command: string; env: Record<string, string> }> {
  const onPath = (env['PATH'] ?? '').split(':').some((dir) => existsSync(join(dir, 'go')));
  if (!onPath && missingNeeds(['go']).length > 0) await ensureCommands(['go', 'CA certificates'], log);
  const command = onPath ? 'go' : '/usr/bin/go';
  const { stdout } = await runTool([command, 'env', 'GOVERSION'], { env });
  if (fetchesItself(stdout.trim())) return { command, env: {} };
  const wanted = `golang.org/toolchain@v0.0.1-go${goVersion}.linux-amd64`;
  const fetched = await runTool([command, 'mod', 'download', '-json', wanted], { cwd: work, env });
  const root = (JSON.parse(fetched.stdout) as { Dir: string }).Dir;
  // Files of a module have no modes.
  for (const dir of ['bin', 'pkg/tool/linux_amd64'])
    for (const file of readdirSync(join(root, dir))) await chmod(join(root, dir, file), 0o755);
  return { command: join(root, 'bin', 'go'), env: { GOROOT: root, GOTOOLCHAIN: 'local' } };
}

/** True for a Go that downloads a newer one by itself if a module requires it: from 1.21 on. Pure. */
export function fetchesItself(version: string): boolean {
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > 1 || Number(minor) >= 21;
}
