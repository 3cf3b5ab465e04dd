import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { sourceDateEpoch } from '../base/source-date-epoch.ts';
import { textDigest } from '../host/digests.ts';
import { plainEnvironment, runTool } from '../host/process.ts';
import type { Rpm } from '../model/rpm.ts';
import { builder } from '../sandbox/arguments.ts';
import type { RpmWarning } from '../sandbox/transaction.ts';

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
 * Installs `files` (paths of RPMs) into the empty folder `tree`, as root, in separate namespaces without network, and
 * adds the user that builds. Only scriptlets of stand-ins run, which azl wrote itself. Returns rpm's warnings.
 */
export async function installWorker(
  files: readonly string[],
  tree: string,
  signal?: AbortSignal,
): Promise<RpmWarning[]> {
  await mkdir(tree, { recursive: true });
  await runTool(['chmod', '0755', tree]);
  const isolated = ['unshare', '--mount', '--pid', '--fork', '--ipc', '--uts', '--net', '--'];
  const options = {
    root: true,
    timeoutSeconds: 900,
    env: { ...plainEnvironment, SOURCE_DATE_EPOCH: String(sourceDateEpoch) },
    signal,
  };
  await runTool(['chown', '0:0', tree], options);
  const install = ['rpm', '--root', tree, ...rpmArguments, '-i', ...files];
  const { stderr } = await runTool([...isolated, ...install], options);
  await runTool(
    [...isolated, 'chroot', tree, '/bin/sh', '-c', finish, 'azl', String(builder.uid), builder.home],
    options,
  );
  const warnings = stderr.matchAll(/^(?:warning|error): (.*)$/gm);
  return [...warnings].map(([, message = '']) => ({ package: '', message }));
}
