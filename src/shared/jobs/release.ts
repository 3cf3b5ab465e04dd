import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failOnProblems } from '../base/problems.ts';
import type { ActionContext } from '../github/action.ts';
import type { JobReport } from '../github/job-report.ts';
import { openOctokit } from '../github/octokit.ts';
import { runCommit } from '../github/run.ts';
import { withTempDir } from '../host/temp-dir.ts';
import type { ReleaseInputs } from '../model/inputs.ts';
import { assetProblems, sha256Sums, type WantedAsset } from '../release/assets.ts';
import { findReleased, publishRelease, releaseProblem } from '../release/publish.ts';
import { releaseFiles, wantedAsset, wantedAssets } from '../release/release-files.ts';
import { inlineText, pageTable } from '../report/page.ts';

/**
 * Publishes files as a release of a tag, together with their checksums. With `skipUnchanged`, a release that has the
 * same assets already is left as it is.
 */
export async function releaseJob({ log }: ActionContext, inputs: ReleaseInputs): Promise<JobReport> {
  return await withTempDir(tmpdir(), 'azl-release-', async (temp) => {
    const files = await releaseFiles(inputs, temp, log);
    const wanted = await log.group('Digests', () => wantedAssets(files));
    failOnProblems(assetProblems(wanted));
    const path = join(temp, 'SHA256SUMS');
    await writeFile(path, sha256Sums(wanted));
    const assets = [...wanted, await wantedAsset(path)];
    const [owner, repo] = inputs.repository.split('/') as [string, string];
    const octokit = await openOctokit(inputs.token);
    const target = { octokit, owner, repo, tag: inputs.tag, commit: runCommit(), log };
    try {
      const unchanged = inputs.skipUnchanged ? await findReleased(target, assets) : undefined;
      const { id, url } = unchanged ?? (await publishRelease(target, assets));
      const released = unchanged === undefined;
      log.info(released ? `Release: ${url}` : `Released already, with the same bytes: ${url}`);
      const title = released ? inputs.tag : 'Released already';
      const outputs = { 'release-id': id, 'release-url': url, released };
      return { outputs, page: releasePage(title, url, assets) };
    } catch (error) {
      throw releaseProblem(error, inputs.repository);
    }
  });
}

function releasePage(title: string, url: string, assets: readonly WantedAsset[]): string {
  const cuts = { cell: 200, rows: 1000 };
  const rows = assets.map(({ name, size, sha256 }) => [name, String(size), sha256]);
  return `### [${inlineText(title, cuts)}](${url})\n\n${pageTable(['file', 'bytes', 'SHA-256'], rows, cuts)}\n`;
}
