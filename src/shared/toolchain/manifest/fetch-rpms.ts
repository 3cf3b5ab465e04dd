import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failOnProblems, type Problem } from '../../base/problems.ts';
import { isAbsent, tempSibling } from '../../host/files.ts';
import type { Rpm } from '../../model/rpm.ts';
import { RpmFormatError } from '../../rpm/header.ts';
import { readRpm, readUnnamedRpm } from '../../rpm/read.ts';
import type { Downloader } from '../../sources/download.ts';
import { shownAddress } from '../../sources/web-address.ts';
import type { ListedFile } from './parse-manifest.ts';
import { updateHint } from './read-manifests.ts';
import type { RpmServer } from './rpm-servers.ts';

/** Bytes of the largest RPM whose size no list says. */
const mostRpmBytes = 4 * 1024 ** 3;

export interface FetchOptions {
  /** The folder of RPM files. What is there and right stays. */
  dir: string;
  /** The manifest's path, as the user wrote it. */
  manifest: string;
  servers: readonly RpmServer[];
  downloader: Downloader;
  /** True to take nothing from `dir` whose digest neither the manifest nor a list says. */
  anew: boolean;
  progress: (does: string) => void;
}

/**
 * Downloads RPMs, each from the first server that has the right one, unless the folder has it already.
 * @returns the facts of each, by file name
 * @throws ProblemsError that names each RPM that cannot be had, with the answer of every server
 */
export async function fetchRpms(
  wanted: readonly ListedFile[],
  options: FetchOptions,
): Promise<Map<string, Rpm>> {
  await mkdir(options.dir, { recursive: true });
  const found = new Map<string, Rpm>();
  const problems: Problem[] = [];
  let done = 0;
  const one = async (listed: ListedFile) => {
    const got = (await rpmThere(listed, options)) ?? (await download(listed, options));
    if ('failure' in got) problems.push(got.failure);
    else found.set(listed.file, got);
    options.progress(`fetching RPMs, ${++done} of ${wanted.length}`);
  };
  const ended = await Promise.allSettled(wanted.map(one));
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  failOnProblems(problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)));
  return found;
}

/** Returns the facts of the RPM in the folder if it is there and sound, and has the digest that it should have. */
async function rpmThere(listed: ListedFile, options: FetchOptions): Promise<Rpm | undefined> {
  const inLists = options.servers.flatMap(({ list }) => list?.get(listed.file)?.sha256 ?? []);
  const expected = listed.sha256 ?? inLists[0];
  if (expected === undefined && options.anew) return undefined;
  const rpm = await soundRpm(join(options.dir, listed.file));
  return expected === undefined || rpm?.shipDigest === expected ? rpm : undefined;
}

/** Returns the facts of an RPM file; undefined if it is absent or is not the sound file of its name. */
export async function soundRpm(path: string): Promise<Rpm | undefined> {
  try {
    return await readRpm(path);
  } catch (error) {
    if (error instanceof RpmFormatError || isAbsent(error)) return undefined;
    throw error;
  }
}

async function download(
  listed: ListedFile,
  { dir, manifest, servers, downloader }: FetchOptions,
): Promise<Rpm | { failure: Problem }> {
  const { file, line, sha256 } = listed;
  const reasons: string[] = [];
  const path = join(dir, file);
  const part = tempSibling(path);
  try {
    for (const { address, list } of servers) {
      const inList = list?.get(file);
      const server = `${shownAddress(address)}${inList?.href ?? file}`;
      if (list !== undefined && inList === undefined) {
        reasons.push(`${shownAddress(address)} does not list it`);
        continue;
      }
      if (sha256 !== undefined && inList !== undefined && inList.sha256 !== sha256) {
        reasons.push(`${shownAddress(address)} lists it with SHA-256 ${inList.sha256} instead of ${sha256}`);
        continue;
      }
      const mostBytes = inList?.size || mostRpmBytes;
      const expected = { sha256: sha256 ?? inList?.sha256, mostBytes };
      const got = await downloader.download(address + (inList?.href ?? file), part, expected);
      const rpm = 'failure' in got ? got : await namedRpm(part, file);
      if ('failure' in rpm) {
        reasons.push(`${server}: ${rpm.failure}`);
        continue;
      }
      await rename(part, path);
      return rpm;
    }
  } finally {
    await rm(part, { force: true });
  }
  const isOther = reasons.some((reason) => reason.includes('SHA-256'));
  const message = `${file} cannot be downloaded: ${reasons.join('; ')}`;
  return { failure: { message, file: manifest, line, hint: isOther ? updateHint() : undefined } };
}

/** Returns the facts of a file that was downloaded under the name `file`, or why it is not that RPM. */
async function namedRpm(path: string, file: string): Promise<Rpm | { failure: string }> {
  try {
    const rpm = await readUnnamedRpm(path);
    return rpm.file === file ? rpm : { failure: `is ${rpm.file}` };
  } catch (error) {
    if (!(error instanceof RpmFormatError)) throw error;
    return { failure: `is not a sound RPM file: ${error.reason}` };
  }
}
