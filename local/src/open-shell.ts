import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildEnvironment, topDir } from '../../src/shared/buildroot/recipe.ts';
import { shellInSandbox } from '../../src/shared/buildroot/sandbox.ts';
import { nearest } from '../../src/shared/nearest.ts';
import { problem } from '../../src/shared/problems.ts';
import { workerOf } from './places.ts';
import type { Local } from './run-chain.ts';

/** `make shell PACKAGE=x`: a shell in the build root of x as its failed build left it. Answers its exit code. */
export async function openShell(local: Local): Promise<number> {
  const { environment, places, log } = local;
  const roots = join(places.build, 'roots');
  const kept = existsSync(roots) ? readdirSync(roots).sort() : [];
  const name = environment['PACKAGE'] ?? '';
  if (name === '') {
    throw problem('PACKAGE is not set', {
      mend: `Say of which package: make shell PACKAGE=${kept[0] ?? 'bash'}`,
    });
  }
  if (!kept.includes(name)) {
    const near = nearest(name, kept);
    throw problem(`There is no build root of '${name}': only a build that fails leaves one`, {
      mend:
        near !== undefined
          ? `Did you mean '${near}'?`
          : `Run: make build-packages PACKAGE_BUILD_LIST=${/^[\w.+-]+$/.test(name) ? name : '<package>'}`,
    });
  }
  log.info(
    `The build root of ${name}, as its builder. Its log: ${join(places.build, 'logs', `${name}.log`)}`,
  );
  log.info('To leave: `exit`. The next build of the package starts with a fresh root.');
  return await shellInSandbox(['/bin/bash'], {
    root: { worker: workerOf(places), layer: join(roots, name) },
    cwd: topDir,
    env: buildEnvironment,
  });
}
