import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { nearestHint } from '../../src/shared/base/nearest-name.ts';
import { problem } from '../../src/shared/base/problems.ts';
import { shellWord } from '../../src/shared/base/shell-word.ts';
import { keptSandbox, readKeptRoot } from '../../src/shared/builder/kept-root.ts';
import { readJson } from '../../src/shared/host/json-files.ts';
import { toolchainSchema } from '../../src/shared/model/toolchain.ts';
import { builder } from '../../src/shared/sandbox/arguments.ts';
import { runHostTool } from '../../src/shared/sandbox/host-tool.ts';
import { shellInSandbox } from '../../src/shared/sandbox/run.ts';
import { specCwd } from '../../src/shared/specs/macros/policy.ts';
import type { CliContext } from './context.ts';
import { workerDir } from './paths.ts';

/** `make shell PACKAGE=x`: opens a shell in the build root of the failed build of x. @returns its exit code */
export async function openShell(context: CliContext): Promise<number> {
  const { environment, paths, log } = context;
  const roots = join(paths.build, 'roots');
  const kept = existsSync(roots) ? readdirSync(roots).sort() : [];
  const name = environment['PACKAGE'] ?? '';
  if (name === '') {
    const hint = `Name the package: make shell PACKAGE=${kept[0] ?? 'bash'}`;
    throw problem('PACKAGE is not set', { hint });
  }
  if (!kept.includes(name)) {
    const list = /^[\w.+-]+$/.test(name) ? name : '<package>';
    const hint = nearestHint(name, kept) ?? `Run: make build-packages PACKAGE_BUILD_LIST=${list}`;
    throw problem(`There is no build root of '${name}': only a failed build or %check leaves one`, { hint });
  }
  const dir = join(roots, name);
  const root = await readKeptRoot(dir);
  const toolchain = await readJson(toolchainSchema, join(paths.toolchain, 'toolchain.json'));
  if (root === undefined || root.workerDigest !== toolchain?.workerDigest) {
    const message = `The build root of '${name}' was made with another toolchain than ${paths.toolchain} is now`;
    throw problem(message, { hint: `Build it again: make build-packages PACKAGE_BUILD_LIST=${name}` });
  }
  const owner = `${builder.uid}:${builder.gid}`;
  const own = ['SPECS', 'SOURCES'].map((folder) => ({
    ...{ source: join(dir, 'staging', folder), target: `/${folder}`, writable: true },
  }));
  // In a sandbox: an earlier shell may have left links in these folders.
  const chown = ['chown', '--recursive', '--no-dereference', owner, '--', ...own.map(({ target }) => target)];
  await runHostTool(chown, { as: 'root', binds: own });
  log.info(`The build root of ${name}, as its builder. Its log: ${join(paths.build, 'logs', root.log)}`);
  log.info(`To repeat the build: (cd ${specCwd} && ${root.argv.map(shellWord).join(' ')})`);
  log.info('SPECS and SOURCES are copies. To leave, run `exit`. The next build starts with a fresh root.');
  return await shellInSandbox(['/bin/bash'], keptSandbox(workerDir(paths), dir));
}
