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

if (!complete) {
  console.error('Installing the packages of package-lock.json (npm ci).');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { stdio: 'inherit' });
  if (npm.error) {
    console.error(
      "npm cannot be started. It comes with Node's own download; Debian: sudo apt-get install npm.",
    );
  }
  process.exit(npm.status ?? 1);
}
