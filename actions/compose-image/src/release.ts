import { stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as core from '@actions/core';
import { failOnProblems, type Problem } from '../../../src/shared/base/problems.ts';
import { runAction } from '../../../src/shared/github/action.ts';
import { readInputs } from '../../../src/shared/github/inputs.ts';
import { openOctokit } from '../../../src/shared/github/octokit.ts';
import { runCommit } from '../../../src/shared/github/run.ts';
import { fileDigest } from '../../../src/shared/host/digests.ts';
import { withTempDir } from '../../../src/shared/host/temp-dir.ts';
import {
  assetName,
  assetProblems,
  sha256Sums,
  type WantedAsset,
} from '../../../src/shared/release/assets.ts';
import { findReleased, publishRelease, releaseProblem } from '../../../src/shared/release/publish.ts';
import { releaseFiles } from './release-files.ts';
import { releaseInputs } from './release-inputs.ts';

const sums = 'SHA256SUMS';

/** `compose-image/release`: the files become a published release. */
export async function release(): Promise<void> {
  await runAction([], async ({ log }) => {
    const inputs = readInputs(releaseInputs);
    core.setSecret(inputs.token);
    await withTempDir(tmpdir(), 'azl-release-', async (temp) => {
      const files = await releaseFiles(inputs, temp, log);
      const wanted = await log.group('Digests', () => wantedAssets(files));
      failOnProblems(assetProblems(wanted));
      const path = join(temp, sums);
      await writeFile(path, sha256Sums(wanted));
      const [owner, repo] = inputs.repository.split('/') as [string, string];
      const octokit = await openOctokit(inputs.token);
      const assets = [...wanted, await wantedAsset(path)];
      const target = { octokit, owner, repo, tag: inputs.tag, commit: runCommit(), log };
      const refused = (error: unknown) => {
        throw releaseProblem(error, inputs.repository);
      };
      const there = inputs.skipUnchanged ? await findReleased(target, assets).catch(refused) : undefined;
      const made = there ?? (await publishRelease(target, assets).catch(refused));
      log.info(
        there === undefined ? `Release: ${made.url}` : `Released already, with the same bytes: ${made.url}`,
      );
      core.setOutput('release-id', made.id);
      core.setOutput('release-url', made.url);
      core.setOutput('released', there === undefined);
      const rows = assets.map(({ name, size, sha256 }) => `| ${name} | ${size} | ${sha256} |`);
      const title = there === undefined ? inputs.tag : 'Released already';
      await core.summary
        .addRaw(
          `### [${title}](${made.url})\n\n| file | bytes | SHA-256 |\n| --- | --- | --- |\n${rows.join('\n')}\n`,
        )
        .write();
    });
  });
}

async function wantedAssets(files: readonly string[]): Promise<WantedAsset[]> {
  const problems: Problem[] = [];
  const assets: WantedAsset[] = [];
  for (const path of files) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() === true) assets.push(await wantedAsset(path));
    else problems.push({ message: `Input 'files' (FILES) names '${path}', which is no file` });
  }
  failOnProblems(problems);
  return assets;
}

async function wantedAsset(path: string): Promise<WantedAsset> {
  const { size } = await stat(path);
  return { path, name: assetName(basename(path)), size, sha256: await fileDigest(path) };
}
