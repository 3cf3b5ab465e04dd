// Installs the packages of package-lock.json, unless they are installed already. Runs on Node 20 or newer.
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
    // A package for another platform is not installed.
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

/** Installs npm by apt: Debian's `nodejs` has none. */
function installNpm() {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  /** @param {string[]} args */
  const apt = (...args) => run([...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args]);
  const install = () => apt('install', '-y', '-q', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0', 'npm');
  console.error('Installing npm on this machine.');
  // The package lists may be missing or outdated.
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
