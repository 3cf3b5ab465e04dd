import type { DefaultArtifactClient } from '@actions/artifact';
import { problem } from '../../base/problems.ts';
import { isDiskFull } from '../../host/files.ts';
import { withoutOutput } from '../capture-output.ts';

/** Downloads of bytes that are not what was uploaded, until that is an error. */
export const triesToFetch = 3;

let loaded: Promise<DefaultArtifactClient> | undefined;

/**
 * Asks GitHub's artifact service something, through the token of the job alone. The library takes a fifth of a second to
 * load: only who asks pays for it.
 * @throws what {@link isNotFound}, {@link isTaken} or `isDiskFull` know, else a ProblemsError
 */
export async function askArtifacts<T>(question: (client: DefaultArtifactClient) => Promise<T>): Promise<T> {
  loaded ??= import('@actions/artifact').then((library) => new library.DefaultArtifactClient());
  const client = loaded;
  try {
    return await withoutOutput(async () => await question(await client));
  } catch (error) {
    if (isNotFound(error) || isTaken(error) || isDiskFull(error)) throw error;
    throw problem(`The artifacts of this run cannot be used: ${(error as Error).message}`, {
      hint: 'Run the failed jobs again: what was built is kept.',
    });
  }
}

/** There is no such artifact. The library says it in words alone, and so with {@link isTaken}. */
export function isNotFound(error: unknown): boolean {
  return /not found|no artifacts found/i.test(String((error as Error | undefined)?.message));
}

/** An artifact has this name, or an upload that never ended. */
export function isTaken(error: unknown): boolean {
  return /\(409\)|already exists/.test(String((error as Error | undefined)?.message));
}
