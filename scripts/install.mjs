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

/** The user's proxies as apt reads them, in lower case. They may hold a password: no argument names their values. */
const proxies = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => {
  const value = process.env[name] || process.env[name.toUpperCase()];
  return value ? [[name, value]] : [];
});

/** @param {string[]} argv */
function run([command, ...args]) {
  const env = { ...process.env, ...Object.fromEntries(proxies) };
  return spawnSync(String(command), args, { stdio: 'inherit', env }).status;
}

/** @param {string} command */
function isThere(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** Installs npm by apt: Debian's `nodejs` has none. */
function installNpm() {
  const passed = proxies.length === 0 ? [] : [`--preserve-env=${proxies.map(([name]) => name).join(',')}`];
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n', ...passed];
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
