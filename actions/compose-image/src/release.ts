import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as core from '@actions/core';
import { runAction } from '../../../src/shared/github/action.ts';
import { readInputs } from '../../../src/shared/github/inputs.ts';
import { fileDigest } from '../../../src/shared/host/files.ts';
import { failOnProblems, type Problem } from '../../../src/shared/problems.ts';
import {
  assetName,
  assetProblems,
  sha256Sums,
  type WantedAsset,
} from '../../../src/shared/release/assets.ts';
import { publishRelease, releaseProblem } from '../../../src/shared/release/publish.ts';
import { releaseInputs } from './release-inputs.ts';

const sums = 'SHA256SUMS';

/** `compose-image/release`: the files become a published release. */
export async function release(): Promise<void> {
  await runAction([], async ({ log }) => {
    const inputs = readInputs(releaseInputs);
    core.setSecret(inputs.token);
    const wanted = await log.group('Digests', () => wantedAssets(inputs.files));
    failOnProblems(assetProblems(wanted));
    const temp = await mkdtemp(join(tmpdir(), 'azl-release-'));
    try {
      const path = join(temp, sums);
      await writeFile(path, sha256Sums(wanted));
      const [owner, repo] = inputs.repository.split('/') as [string, string];
      const { Octokit } = await import('@octokit/rest');
      const octokit = new Octokit({
        auth: inputs.token,
        baseUrl: process.env['GITHUB_API_URL'] ?? 'https://api.github.com',
        log: { debug: core.debug, info: core.debug, warn: core.debug, error: core.debug },
      });
      const assets = [...wanted, await wantedAsset(path)];
      const made = await publishRelease({ octokit, owner, repo, tag: inputs.tag, log }, assets).catch(
        (error: unknown) => {
          throw releaseProblem(error, inputs.repository);
        },
      );
      log.info(`Release: ${made.url}`);
      core.setOutput('release-id', made.id);
      core.setOutput('release-url', made.url);
      const rows = assets.map(({ name, size, sha256 }) => `| ${name} | ${size} | ${sha256} |`);
      await core.summary
        .addRaw(
          `### [${inputs.tag}](${made.url})\n\n| file | bytes | SHA-256 |\n| --- | --- | --- |\n${rows.join('\n')}\n`,
        )
        .write();
    } finally {
      await rm(temp, { recursive: true, force: true });
    }
  });
}

async function wantedAssets(files: readonly string[]): Promise<WantedAsset[]> {
  const problems: Problem[] = [];
  if (files.length === 0)
    problems.push({
      message: "Input 'files' (FILES) is empty, expected the paths of what to publish",
      mend: 'Give the output images of compose-image.',
    });
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
