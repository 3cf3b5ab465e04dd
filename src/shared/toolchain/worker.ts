import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sourceDateEpoch } from '../base/source-date-epoch.ts';
import { textDigest } from '../host/digests.ts';
import { runTool } from '../host/process.ts';
import type { Rpm } from '../model/rpm.ts';
import { builder } from '../sandbox/arguments.ts';
import { runHostTool } from '../sandbox/host-tool.ts';
import { limitsOf } from '../sandbox/limits.ts';
import { runInSandbox } from '../sandbox/run.ts';
import type { RpmWarning } from '../sandbox/transaction.ts';
import { checkWorker } from './check-worker.ts';

const finish = readFileSync(new URL('./finish.sh', import.meta.url), 'utf8');

/** Options of `rpm` that set every path and rule of the installation, whatever the host's macros say. */
const rpmArguments = [
  ...['--define', '_dbpath /var/lib/rpm', '--define', '_db_backend sqlite', '--define', '_install_langs all'],
  ...['--nosignature', '--noplugins', '--excludeartifacts'],
];

/** Returns the digest of a worker: its RPMs' digests and the recipe that installs them. Pure. */
export function workerDigest(rpms: readonly Rpm[]): string {
  const content = rpms.map((rpm) => `${rpm.file} ${rpm.shipDigest}`).sort();
  return textDigest(JSON.stringify([finish, rpmArguments, builder, sourceDateEpoch, content]));
}

/**
 * Installs RPMs of a toolchain folder into its new folder `worker`, and adds the user that builds. The RPMs may be
 * strangers': the host's rpm and their scriptlets run in a sandbox that sees them and the worker alone, and the worker is
 * checked afterwards. Returns rpm's warnings.
 * @param files the names of the RPMs, whose digests are checked
 * @throws ToolError or LimitError for what cannot be installed; UnusableToolchainError for a worker that holds what it must not
 */
export async function installWorker(
  toolchainDir: string,
  files: readonly string[],
  signal?: AbortSignal,
): Promise<RpmWarning[]> {
  const tree = join(toolchainDir, 'worker');
  await mkdir(tree);
  await runTool(['chmod', '0755', tree]);
  await runTool(['chown', '0:0', tree], { root: true });
  // A worker takes some ten seconds.
  const options = { as: 'root', limits: { ...limitsOf('transaction'), seconds: 900 }, signal } as const;
  const rpms = { source: join(toolchainDir, 'RPMS'), target: '/azl/RPMS' };
  const install = ['rpm', '--root', '/azl/worker', ...rpmArguments, '-i'];
  const { stderr } = await runHostTool([...install, ...files.map((file) => `/azl/RPMS/${file}`)], {
    ...options,
    env: { SOURCE_DATE_EPOCH: String(sourceDateEpoch) },
    binds: [rpms, { source: tree, target: '/azl/worker', writable: true }],
  });
  const home = [String(builder.uid), builder.home];
  await runInSandbox(['/bin/sh', '-c', finish, 'azl', ...home], { ...options, root: { tree } });
  await checkWorker(toolchainDir, files, signal);
  const warnings = stderr.matchAll(/^(?:warning|error): (.*)$/gm);
  return [...warnings].map(([, message = '']) => ({ package: '', message }));
}
