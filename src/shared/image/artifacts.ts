import { basename, dirname, posix } from 'node:path';
import type { Log } from '../base/log.ts';
import { publishArtifact, publishLogArtifact } from '../github/artifacts/publish.ts';
import { hasArtifacts, runAttempt } from '../github/run.ts';

/** Prefix of the names of all artifacts with images. */
export const imagePrefix = 'azl-image-';

/**
 * Returns the name of the artifact with the images of a config. It holds the config's path, since a run may have several
 * configs of one file name, without everything up to a folder `imageconfigs`. Pure.
 */
export function imageArtifact(configFile: string): string {
  return imagePrefix + configInName(configFile);
}

/** Returns the name of the artifact with the serial log of a failed boot test. Pure. */
export function serialLogArtifact(configFile: string, attempt: number): string {
  return `azl-logs-${attempt}-image-${configInName(configFile)}`;
}

function configInName(configFile: string): string {
  const path = posix.normalize(configFile).replace(/^(.*\/)?imageconfigs\/|^\/+/, '');
  return path.replace(/\.json$/, '').replace(/[^A-Za-z0-9_.+-]+/g, '-');
}

/** Publishes an image's files as an artifact. Returns its name; empty outside of a workflow run. */
export async function publishImageArtifact(
  { configFile, retentionDays }: { configFile: string; retentionDays: number | undefined },
  paths: readonly string[],
  log: Log,
): Promise<string> {
  const [first] = paths;
  if (!hasArtifacts() || first === undefined) return '';
  const files = paths.map((path) => basename(path));
  // Images are mostly zeros: the fastest level removes them.
  const options = { compressionLevel: 1, retentionDays, log } as const;
  return await log.group('Publishing the image', () =>
    publishArtifact(imageArtifact(configFile), dirname(first), files, options),
  );
}

/** Publishes the serial log of a failed boot test. Returns the artifact's name; empty without an artifact. */
export async function publishSerialLog(configFile: string, path: string, log: Log): Promise<string> {
  const name = serialLogArtifact(configFile, runAttempt());
  return await publishLogArtifact(name, dirname(path), [basename(path)], log);
}
