import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { plainEnvironment } from '../../src/shared/host/process.ts';
import { runShortTool } from '../../src/shared/host/short-tool.ts';

/** A pair of keys: gpg's home with the secret one, and the file of its public half. */
export interface MadeKey {
  home: string;
  file: string;
}

const gpg = ['/usr/bin/gpg', '--batch', '--quiet'];

const environment = (home: string) => ({ ...plainEnvironment, GNUPGHOME: home });

/** Makes a key in `dir`, whose owner is called `name`. @param more options of gpg: another time, an end */
export async function makeKey(
  dir: string,
  name: string,
  more: { at?: string; expires?: string } = {},
): Promise<MadeKey> {
  const home = join(dir, name);
  await mkdir(home, { mode: 0o700 });
  const env = environment(home);
  const time = more.at === undefined ? [] : ['--faked-system-time', more.at];
  const owner = `${name} <${name}@example.invalid>`;
  const make = ['--passphrase', '', '--quick-gen-key', owner, 'rsa2048', 'sign', more.expires ?? 'never'];
  await runShortTool([...gpg, ...time, ...make], { env });
  const { stdout } = await runShortTool([...gpg, '--armor', '--export'], { env });
  const file = join(dir, `${name}.asc`);
  await writeFile(file, stdout);
  return { home, file };
}

/** Adds a signature to RPM files of a folder. @param more further words of gpg's command line */
export async function signRpms(
  { home }: MadeKey,
  folder: string,
  files: readonly string[],
  more = '',
): Promise<void> {
  const define = (text: string) => ['--define', text];
  const how = [
    ...define('__gpg /usr/bin/gpg'),
    ...define('_gpg_name example'),
    ...define(`_gpg_sign_cmd_extra_args ${more === '' ? '%{nil}' : more}`),
  ];
  await runShortTool(['/usr/bin/rpmsign', ...how, '--addsign', ...files], {
    env: environment(home),
    cwd: folder,
  });
}

/** Writes the detached signature of a file beside it, as `<file>.asc`. @param more options of gpg */
export async function signFile({ home }: MadeKey, path: string, more: readonly string[] = []): Promise<void> {
  await runShortTool([...gpg, '--yes', ...more, '--armor', '--detach-sign', path], {
    env: environment(home),
  });
}

/** Ends the agent of a key. */
export async function endKey({ home }: MadeKey): Promise<void> {
  await runShortTool(['/usr/bin/gpgconf', '--homedir', home, '--kill', 'all']);
}
