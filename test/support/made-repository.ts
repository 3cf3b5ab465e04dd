import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runShortTool } from '../../src/shared/host/short-tool.ts';
import { createOverlay } from '../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../src/shared/sandbox/run.ts';
import { specText, writeTree } from './trees.ts';
import { testWorker } from './worker.ts';

/** A web server of the files of a folder, on loopback. */
export interface FileServer {
  origin: string;
  /** What was asked of it, in order. */
  asked: string[];
  /** What it answers instead of its files, by path: a status, or other bytes. */
  instead: Record<string, number | Buffer>;
  close(): void;
}

export async function serveFiles(dir: string): Promise<FileServer> {
  const server = createServer((request, response) => {
    const path = request.url as string;
    served.asked.push(path);
    const other = served.instead[path];
    if (typeof other === 'number') return void response.writeHead(other).end();
    if (other !== undefined) return void response.end(other);
    readFile(join(dir, path)).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const served: FileServer = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    instead: {},
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return served;
}

/**
 * Makes RPMs named `name-version` with rpmbuild; each has one file, `/usr/share/<name>`.
 * @param work a new folder
 * @param to the folder that gets them
 */
export async function makeRpms(work: string, to: string, names: readonly string[]): Promise<void> {
  const { worker } = await testWorker();
  const files: Record<string, string> = {};
  for (const one of names) {
    const [name, version] = one.split('-') as [string, string];
    const rest = `%install\ninstall -d %{buildroot}/usr/share\necho ${one} > %{buildroot}/usr/share/${name}\n%files\n/usr/share/${name}\n`;
    files[`${one}.spec`] = specText(name, 'BuildArch: noarch\nRequires: bash\n', rest, version);
  }
  await writeTree(join(work, 'specs'), files);
  const overlay = await createOverlay(join(work, 'overlay'));
  const specs = Object.keys(files).map((file) => `/azl-specs/${file}`);
  await runInSandbox(['rpmbuild', '-bb', '--define', '_topdir /tmp/made', ...specs], {
    root: { worker, overlay },
    binds: [{ source: join(work, 'specs'), target: '/azl-specs' }],
  });
  await cp(join(overlay, 'upper/tmp/made/RPMS/noarch'), to, { recursive: true });
}

/** Makes a repository in `folder` of those RPMs in `made` that are named `name-version`. */
export async function publish(made: string, folder: string, rpms: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of await readdir(made))
    if (rpms.some((one) => file.startsWith(`${one}-`))) await cp(join(made, file), join(folder, file));
  await runShortTool(['/usr/bin/createrepo_c', '--quiet', folder]);
}
