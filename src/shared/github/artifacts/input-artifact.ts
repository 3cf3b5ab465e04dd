import { problem } from '../../base/problems.ts';
import { variable } from '../inputs.ts';
import { hasArtifacts } from '../run.ts';
import { fetchArtifact } from './fetch.ts';

/**
 * Fetches an artifact of this run that an input names into `dir`, in place of its content.
 * @throws ProblemsError naming the input when there is no run, or no such artifact in it
 */
export async function fetchInputArtifact(input: string, name: string, dir: string): Promise<void> {
  requireRun(input, name);
  if (!(await fetchArtifact(name, dir)))
    throw problem(
      `Input '${input}' (${variable(input)}) is '${name}', and this run has no artifact of that name`,
    );
}

/** @throws ProblemsError when an input names an artifact outside of a workflow run */
export function requireRun(input: string, name: string): void {
  if (!hasArtifacts())
    throw problem(
      `Input '${input}' (${variable(input)}) is '${name}', and this is not a job of a workflow run, which could have an artifact of that name`,
    );
}
