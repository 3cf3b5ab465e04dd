import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { runTool } from '../../src/shared/host/process.ts';
import type { BuildJson } from '../../src/shared/report/build-json.ts';

/** A new empty folder. */
export function newWorkspace(): string {
  return mkdtempSync(join(tmpdir(), 'azl-test-'));
}

/** Removes a workspace, whoever its files belong to. */
export async function removeWorkspace(dir: string): Promise<void> {
  await runTool(['rm', '-rf', '--one-file-system', '--', dir], { root: true });
}

/** SHA-256 of every file below some folders of `dir`, by relative path. */
export function digests(dir: string, folders: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (path: string) => {
    for (const name of readdirSync(path).sort()) {
      const at = join(path, name);
      if (statSync(at).isDirectory()) visit(at);
      else found[relative(dir, at)] = createHash('sha256').update(readFileSync(at)).digest('hex');
    }
  };
  for (const folder of folders) if (existsSync(join(dir, folder))) visit(join(dir, folder));
  return found;
}

/** What the last run in a workspace said of each package: name → state. */
export function statesOf(workspace: string): Record<string, string> {
  const file = JSON.parse(readFileSync(join(workspace, 'out', 'build.json'), 'utf8')) as BuildJson;
  return Object.fromEntries(file.packages.map(({ name, state }) => [name, state]));
}

function standsIn(pid: string, folder: string): boolean {
  try {
    return `${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${folder}/`);
  } catch {
    return false;
  }
}

/** Mounts, and processes that stand in a folder or name it, that a run left behind. */
export function leftBehind(workspace: string): string[] {
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(workspace) || line.startsWith('azl '));
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        // A process that is ending has given its memory back already, and with it its command.
        if (command === '') return [];
        return command.includes(workspace) || standsIn(pid, workspace) ? [`${pid}: ${command}`] : [];
      } catch {
        return [];
      }
    });
  return [...mounts, ...processes];
}
