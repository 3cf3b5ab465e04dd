import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeTree } from '../src/shared/host/folders.ts';
import { ensureCommands } from '../src/shared/host/packages.ts';
import { plainEnvironment, runTool } from '../src/shared/host/process.ts';
import { repository } from './build-dist.ts';
import { consoleLog } from './console-log.ts';
import { listFiles } from './git.ts';

/** The Debian release of the tested host. */
const suite = 'trixie';
/** The packages that the README requires, before azl installs the rest. */
const required = ['ca-certificates', 'git', 'make', 'nodejs', 'sudo'];
const user = 'somebody';
const home = `/home/${user}/azl`;
const scratch = join(repository, 'build', 'hosts');
const enter = readFileSync(new URL('./host-root.sh', import.meta.url), 'utf8');

/** Runs a command inside `root`, with its output on this terminal. @throws if it fails */
async function inside(root: string, argv: readonly string[], as: 'root' | 'user' = 'root'): Promise<string> {
  const env = { ...plainEnvironment, DEBIAN_FRONTEND: 'noninteractive', HOME: '/root' };
  const become =
    as === 'root' ? [] : ['runuser', '--user', user, '--', 'env', '-C', home, `HOME=/home/${user}`];
  const unshare = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--'];
  const command = [...unshare, '/bin/sh', '-c', enter, 'azl', root, ...become, ...argv];
  const { stdout } = await runTool(command, {
    root: true,
    env,
    onLine: (line) => console.log(`  ${line}`),
  });
  return stdout;
}

/** The mirror of this host, if it is a mirror of Debian. */
async function hostMirror(): Promise<string[]> {
  const { stdout } = await runTool(['apt-get', 'indextargets', '--format', '$(REPO_URI)'], { ok: 'any' });
  const uri = stdout.split('\n').find((line) => /^https?:.*\/debian\/?$/.test(line));
  return uri === undefined ? [] : [uri];
}

/** Makes a new root filesystem of `suite`, with this checkout in the home folder of an ordinary user. */
async function makeHost(root: string): Promise<void> {
  const include = `--include=${required.join(',')}`;
  await runTool(['debootstrap', '--variant=minbase', include, suite, root, ...(await hostMirror())], {
    root: true,
    onLine: (line) => /^[WE]:/.test(line) && console.log(`  ${line}`),
  });
  const put = async (path: string, text: string, mode: string) => {
    const file = join(scratch, 'put');
    writeFileSync(file, text);
    await runTool(['install', '-D', '-m', mode, file, join(root, path)], { root: true });
  };
  for (const path of ['/etc/resolv.conf', '/etc/hosts']) {
    if (!existsSync(path)) continue;
    await put(path, readFileSync(path, 'utf8'), '644');
  }
  await put('/usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n', '755');
  await put(`/etc/sudoers.d/${user}`, `${user} ALL=(ALL) NOPASSWD: ALL\n`, '440');
  await inside(root, ['useradd', '--create-home', '--shell', '/bin/bash', user]);
  writeFileSync(join(scratch, 'files'), (await listFiles(repository)).join('\0'));
  const tarball = join(scratch, 'azl.tar');
  await runTool(['tar', '-cf', tarball, '--null', '-T', join(scratch, 'files')], { cwd: repository });
  await runTool(['install', '-D', '-m', '644', tarball, join(root, 'azl.tar')], { root: true });
  await inside(root, ['mkdir', home]);
  await inside(root, ['tar', '-xf', '/azl.tar', '-C', home, '--no-same-owner']);
  await inside(root, ['chown', '-R', `${user}:`, home]);
}

/** Runs the test. @returns one line for each difference from this host */
async function runHost(): Promise<string[]> {
  const root = join(scratch, suite);
  await ensureCommands(['debootstrap', 'unshare', 'tar'], consoleLog);
  await removeTree(root);
  mkdirSync(scratch, { recursive: true });
  console.log(`==> A fresh Debian (${suite})`);
  await makeHost(root);
  console.log('==> make image, as an ordinary user with sudo');
  await inside(root, ['make', 'image'], 'user');
  console.log('==> make image, again');
  const again = await inside(root, ['make', 'image'], 'user');
  const built = JSON.parse(await inside(root, ['cat', 'out/build.json'], 'user')) as {
    packages: { name: string; state: string }[];
  };
  const foreign = await inside(root, ['find', 'out', '!', '-user', user], 'user');
  const wrong = [
    ...(/^image: /m.test(again) ? [] : ['the second run names no image']),
    ...built.packages
      .filter(({ state }) => state !== 'reused')
      .map(({ name, state }) => `${name} is ${state} in the second run`),
    ...foreign
      .split('\n')
      .filter(Boolean)
      .map((path) => `${path} does not belong to the user`),
  ];
  if (wrong.length === 0) await removeTree(root);
  return wrong;
}

try {
  const wrong = await runHost();
  for (const one of wrong) console.error(`error: ${one}`);
  if (wrong.length === 0) console.log(`Debian (${suite}): everything is as on this host.`);
  process.exit(wrong.length === 0 ? 0 : 1);
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exit(1);
}
