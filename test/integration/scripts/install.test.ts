import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repository } from '../../../scripts/build-dist.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'azl-install-'));
  mkdirSync(join(dir, 'bin'));
  writeFileSync(join(dir, 'package-lock.json'), '{"packages":{"":{},"node_modules/x":{"version":"1.0.0"}}}');
  // All that finds it, whoever we are: the real one would ask for rights, and these programs need none.
  program('sudo', 'shift; exec "$@"');
  symlinkSync('/usr/bin/env', join(dir, 'bin/env'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** A program on the only PATH that there is; each writes its name and arguments into the log. */
function program(name: string, body: string): void {
  writeFileSync(join(dir, 'bin', name), `#!/bin/sh\necho "${name} $*" >> '${dir}/log'\n${body}\n`);
  chmodSync(join(dir, 'bin', name), 0o755);
}

const npm = () =>
  `printf '#!/bin/sh\\necho "npm $*" >> "%s"\\n' '${dir}/log' > '${dir}/bin/npm'; /bin/chmod +x '${dir}/bin/npm'`;

function install(environment: Record<string, string> = {}): {
  code: number | null;
  said: string;
  ran: string[];
} {
  const ended = spawnSync(process.execPath, [join(repository, 'scripts/install.mjs')], {
    cwd: dir,
    env: { PATH: join(dir, 'bin'), ...environment },
    encoding: 'utf8',
  });
  const log = existsSync(join(dir, 'log')) ? readFileSync(join(dir, 'log'), 'utf8') : '';
  const ran = log.split('\n').filter((line) => line !== '' && !/ --version$|^sudo /.test(line));
  return { code: ended.status, said: ended.stderr, ran };
}

const aptInstall = 'apt-get install -y -q --no-install-recommends -o Dpkg::Use-Pty=0 npm';

describe('what scripts start from', () => {
  it('is installed by npm, unless it is there', () => {
    program('npm', '');
    expect(install()).toMatchObject({ code: 0, ran: [expect.stringMatching(/^npm ci /)] });
    rmSync(join(dir, 'log'));
    mkdirSync(join(dir, 'node_modules'));
    writeFileSync(
      join(dir, 'node_modules/.package-lock.json'),
      '{"packages":{"node_modules/x":{"version":"1.0.0"}}}',
    );
    expect(install()).toEqual({ code: 0, said: '', ran: [] });
  });

  it('brings npm by apt where Node came without it', () => {
    program(
      'apt-get',
      `if [ "$1" = install ]; then [ "$DEBIAN_FRONTEND" = noninteractive ] && { ${npm()}; }; fi`,
    );
    const { code, said, ran } = install();
    expect(said).toContain('Installing npm on this machine.\n');
    expect({ code, ran }).toEqual({ code: 0, ran: [aptInstall, expect.stringMatching(/^npm ci /)] });
  });

  it('hands proxies to apt and npm, with no password among the arguments', () => {
    program('sudo', 'while [ "$1" != env ]; do shift; done; exec "$@"');
    program('apt-get', `[ "$1" = --version ] || echo "apt sees $http_proxy" >> '${dir}/log'; ${npm()}`);
    const { ran } = install({ HTTP_PROXY: 'http://me:secret@127.0.0.1:9' });
    expect(ran.slice(0, 2)).toEqual([aptInstall, 'apt sees http://me:secret@127.0.0.1:9']);
    expect(readFileSync(join(dir, 'log'), 'utf8').match(/secret/g)).toHaveLength(1);
  });

  it('fetches the lists when they do not know npm', () => {
    const known = join(dir, 'known');
    program(
      'apt-get',
      `case $1 in update) : > '${known}' ;; install) [ -e '${known}' ] || exit 100; ${npm()} ;; esac`,
    );
    const { code, ran } = install();
    expect(code).toBe(0);
    expect(ran).toEqual([aptInstall, 'apt-get update -q', aptInstall, expect.stringMatching(/^npm ci /)]);
  });

  it('says how to get npm when nothing brings it', () => {
    const advice = /^npm cannot be started\. .*sudo apt-get install npm\.$/m;
    expect(install()).toMatchObject({ code: 1, said: expect.stringMatching(advice), ran: [] });
    program('apt-get', '[ "$1" = --version ]');
    expect(install()).toMatchObject({ code: 1, said: expect.stringMatching(advice) });
  });

  it('is not there when npm fails', () => {
    program('npm', '[ "$1" = --version ]');
    expect(install().code).toBe(1);
  });
});
