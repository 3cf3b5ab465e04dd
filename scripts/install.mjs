// Installs the packages of package-lock.json unless exactly those are there. Runs on any Node from 20 on.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** @param {string} path */
function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return {};
  }
}

const wanted = packagesOf('package-lock.json');
const present = packagesOf('node_modules/.package-lock.json');
const complete = Object.entries(wanted).every(
  ([path, one]) =>
    path === '' ||
    present[path]?.version === one.version ||
    // A package for another platform is in the lock, and not installed.
    (present[path] === undefined && one.optional === true),
);

/** @param {string[]} argv */
function run([command, ...args]) {
  return spawnSync(String(command), args, { stdio: 'inherit' }).status;
}

/** @param {string} command */
function isThere(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** Debian's `nodejs` comes without npm: brings it by apt, without a question. */
function installNpm() {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  /** @param {string[]} args */
  const apt = (...args) => run([...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args]);
  const install = () => apt('install', '-y', '-q', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0', 'npm');
  console.error('npm is not there. Installing on this machine: npm');
  // The lists may be absent, or older than what the mirror has now.
  if (install() !== 0 && apt('update', '-q') === 0) install();
}

if (!complete) {
  if (!isThere('npm') && isThere('apt-get')) installNpm();
  if (!isThere('npm')) {
    console.error(
      "npm cannot be started. It comes with Node's own download; Debian: sudo apt-get install npm.",
    );
    process.exit(1);
  }
  console.error('Installing the packages of package-lock.json (npm ci).');
  process.exit(run(['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error']) ?? 1);
}
