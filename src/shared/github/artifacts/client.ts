import type { DefaultArtifactClient } from '@actions/artifact';
import { counted } from '../../base/counted.ts';
import { debugCall } from '../../base/debug.ts';
import { problem } from '../../base/problems.ts';
import type { RetryPolicy } from '../../base/retry.ts';
import { isDiskFull } from '../../host/full-disk.ts';
import { withoutOutput } from '../capture-output.ts';

/** The downloaded bytes are not those that were uploaded: the library does not try this again. */
export class DigestMismatchError extends Error {
  override readonly message = 'has another digest than when it was uploaded';
}

/** How a download of wrong bytes is tried again. */
export const downloadPolicy: RetryPolicy = {
  attempts: 3,
  isTransient: (error) => error instanceof DigestMismatchError,
};

let loaded: Promise<DefaultArtifactClient> | undefined;

/**
 * Calls GitHub's artifact service with the token of the job. The library is loaded on the first call, because loading it
 * takes a fifth of a second.
 * @throws an error that {@link isNotFound}, {@link isTaken} or `isDiskFull` recognises, else a ProblemsError
 */
export async function askArtifacts<T>(question: (client: DefaultArtifactClient) => Promise<T>): Promise<T> {
  loaded ??= import('@actions/artifact').then((library) => new library.DefaultArtifactClient());
  const client = loaded;
  try {
    return await withoutOutput(async () => await question(debugged(await client)));
  } catch (error) {
    if (isNotFound(error) || isTaken(error) || isDiskFull(error)) throw error;
    throw problem(`The artifacts of this run cannot be used: ${(error as Error).message}`, {
      hint: 'Run the failed jobs again: what was built is kept.',
    });
  }
}

/** A client that writes each call, with its time and answer, to the debug log. */
function debugged(client: DefaultArtifactClient): DefaultArtifactClient {
  return new Proxy(client, {
    get: (target, property: keyof DefaultArtifactClient) => {
      const method = target[property] as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) =>
        await debugCall(
          () => `artifacts: ${property} ${typeof args[0] === 'object' ? '' : (args[0] ?? '')}`.trimEnd(),
          () => method.apply(target, args),
          artifactAnswer,
        );
    },
  });
}

/** Describes an answer of the artifact service by what identifies it: no address, which may hold a signature. */
function artifactAnswer(value: unknown): string {
  const { artifacts, artifact, id, digestMismatch } = (value ?? {}) as {
    artifacts?: readonly unknown[];
    artifact?: { id: number; size: number };
    id?: number;
    digestMismatch?: boolean;
  };
  if (artifacts !== undefined) return counted(artifacts.length, 'artifact');
  if (artifact !== undefined) return `id ${artifact.id}, ${artifact.size} bytes`;
  if (digestMismatch === true) return 'another digest';
  return id === undefined ? 'done' : `id ${id}`;
}

/** True if there is no such artifact. The library says this, like {@link isTaken}, only in its message. */
export function isNotFound(error: unknown): boolean {
  return /not found|no artifacts found/i.test(String((error as Error | undefined)?.message));
}

/** True if an artifact, or an upload that never ended, has this name. */
export function isTaken(error: unknown): boolean {
  return /\(409\)|already exists/.test(String((error as Error | undefined)?.message));
}
