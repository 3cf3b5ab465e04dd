import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { runCommit } from './run.ts';

/**
 * Returns a path of a file as seen from the workspace of a workflow run; undefined if the file lies elsewhere. Outside of
 * a run the path stays as it is.
 */
export function workspacePath(file: string): string | undefined {
  const { GITHUB_ACTIONS: isRun, GITHUB_WORKSPACE: workspace = '' } = process.env;
  if (isRun !== 'true' || workspace === '') return file;
  const path = relative(workspace, resolve(file));
  return path === '' || path.split(sep)[0] === '..' ? undefined : path;
}

/** Returns the address of this run on GitHub; undefined outside of a run. */
export function runAddress(): string | undefined {
  const repository = repositoryAddress();
  const run = process.env['GITHUB_RUN_ID'] ?? '';
  return repository === undefined || !/^[\w-]+$/.test(run) ? undefined : `${repository}/actions/runs/${run}`;
}

/** Returns the address of an artifact of this run; undefined outside of a run. */
export function artifactAddress(id: number): string | undefined {
  const run = runAddress();
  return run && `${run}/artifacts/${id}`;
}

/**
 * Returns the address of a file at the commit of this run; undefined outside of a run, and for a file that is not of the
 * repository in the workspace.
 * @param line 1-based
 */
export function fileAddress(file: string, line?: number): string | undefined {
  const [repository, commit] = [repositoryAddress(), runCommit()];
  const { GITHUB_WORKSPACE: workspace = '' } = process.env;
  if (repository === undefined || commit === undefined || workspace === '') return undefined;
  const path = workspacePath(file);
  if (path === undefined || !/^[0-9a-f]{40,64}$/.test(commit.sha)) return undefined;
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder))
    if (existsSync(join(workspace, folder, '.git'))) return undefined;
  const place = line === undefined ? '' : `#L${line}`;
  return `${repository}/blob/${commit.sha}/${path.split(sep).map(encoded).join('/')}${place}`;
}

function repositoryAddress(): string | undefined {
  const {
    GITHUB_ACTIONS: isRun,
    GITHUB_SERVER_URL: server = '',
    GITHUB_REPOSITORY: repository = '',
  } = process.env;
  const isKnown = /^https?:\/\/[\w.:-]+$/.test(server) && /^[\w.-]+\/[\w.-]+$/.test(repository);
  return isRun === 'true' && isKnown ? `${server}/${repository}` : undefined;
}

/** Encodes a part of a path so that no character of it ends a link of Markdown. */
function encoded(part: string): string {
  const code = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(part).replace(/[!'()*~]/g, code);
}
