import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeCommand } from '../../src/shared/base/make-command.ts';
import { nearestHint, nearestName } from '../../src/shared/base/nearest-name.ts';
import { type ProblemsError, problem } from '../../src/shared/base/problems.ts';
import { shellWord } from '../../src/shared/base/shell-word.ts';
import { enterKept, readKeptRoot } from '../../src/shared/builder/kept-root.ts';
import { readJson } from '../../src/shared/host/json-files.ts';
import { toolchainSchema } from '../../src/shared/model/toolchain.ts';
import { shellInSandbox } from '../../src/shared/sandbox/run.ts';
import { findSpecs } from '../../src/shared/specs/find.ts';
import { specCwd } from '../../src/shared/specs/macros/policy.ts';
import type { CliContext } from './context.ts';
import { workerDir } from './paths.ts';

/** `make shell PACKAGE=x`: opens a shell in the build root of the failed build of x. @returns its exit code */
export async function openShell(context: CliContext): Promise<number> {
  const { environment, paths, log } = context;
  const roots = join(paths.build, 'roots');
  const kept = existsSync(roots) ? readdirSync(roots).sort() : [];
  const name = environment['PACKAGE'] ?? '';
  if (!kept.includes(name)) throw await noRoot(name, kept, context.distribution.specs);
  const dir = join(roots, name);
  const root = await readKeptRoot(dir);
  const toolchain = await readJson(toolchainSchema, join(paths.toolchain, 'toolchain.json'));
  if (root === undefined || root.workerDigest !== toolchain?.workerDigest) {
    const message = `The build root of '${name}' was made with another toolchain than ${paths.toolchain} is now`;
    throw problem(message, { hint: `Build it again: ${buildOf(name)}` });
  }
  const sandbox = await enterKept(workerDir(paths), dir, root.asRoot);
  log.info(`The build root of ${name}, as its builder. Its log: ${join(paths.build, 'logs', root.log)}`);
  log.info(`To repeat the build: (cd ${specCwd} && ${root.argv.map(shellWord).join(' ')})`);
  log.info('SPECS and SOURCES are copies. To leave, run `exit`. The next build starts with a fresh root.');
  return await shellInSandbox(['/bin/bash'], sandbox);
}

const buildOf = (name: string) => makeCommand('build-packages', { PACKAGE_BUILD_LIST: name });

/** Returns the problem of a name without a root to open, with those that have one. */
async function noRoot(
  name: string,
  kept: readonly string[],
  specsDirs: readonly string[],
): Promise<ProblemsError> {
  const without = 'only a failed build or %check leaves one';
  const near = name === '' ? kept[0] : nearestName(name, kept);
  const open = near === undefined ? undefined : `Open one: ${makeCommand('shell', { PACKAGE: near })}`;
  const others = kept.length === 0 ? undefined : `There are those of: ${kept.join(', ')}.`;
  if (name === '') {
    const message =
      kept.length === 0
        ? `there is no build root: ${without}`
        : `there are build roots of ${kept.join(', ')}`;
    return problem(`PACKAGE is not set, and ${message}`, {
      hint: open ?? `Build packages: ${makeCommand('build-packages')}`,
    });
  }
  const packages = (await findSpecs(specsDirs)).files.map((file) => file.package);
  // A build that succeeds leaves none: the command must not promise one.
  const next = packages.includes(name)
    ? `If its build fails, this leaves one: ${buildOf(name)}`
    : nearestHint(name, packages);
  return problem(`There is no build root of '${name}': ${without}`, {
    hint: open ?? [others, next].filter(Boolean).join(' '),
  });
}
