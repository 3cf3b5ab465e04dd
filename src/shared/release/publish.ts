import { createReadStream } from 'node:fs';
import type { Octokit } from '@octokit/rest';
import type { Log } from '../base/log.ts';
import { ProblemsError, problem } from '../base/problems.ts';
import { type RetryPolicy, retry } from '../base/retry.ts';
import {
  assetSteps,
  type FoundAsset,
  hasExactly,
  isSame,
  lackingAssets,
  type WantedAsset,
} from './assets.ts';

interface Target {
  octokit: Octokit;
  owner: string;
  repo: string;
  tag: string;
  /** The commit from which the assets were built. */
  commit?: { repository: string; sha: string } | undefined;
  log: Log;
}

/**
 * Publishes a release of `tag` with these assets. It names the commit from which they were built, where GitHub puts the
 * tag. Publishing comes last, and an existing draft is continued with its finished uploads. So after any failure, another
 * run continues where this one stopped.
 * @throws ProblemsError when the release is published with other assets, when GitHub stored other bytes than were sent,
 *   or when it does not list what was uploaded
 */
export async function publishRelease(target: Target, assets: readonly WantedAsset[]) {
  const { octokit, owner, repo, tag, log } = target;
  const existing = await findRelease(target);
  const release = existing === undefined ? await createDraft(target) : await continueDraft(target, existing);
  const found = await assetsOf(target, release.id);
  const steps = assetSteps(assets, found, !release.draft);
  if (steps.keep.length > 0) log.info(`There already: ${steps.keep.map(({ name }) => name).join(', ')}`);
  for (const { id } of steps.remove)
    await octokit.rest.repos.deleteReleaseAsset({ owner, repo, asset_id: id });
  for (const [at, asset] of steps.upload.entries()) {
    log.progress(`[${at}/${steps.upload.length}] ${asset.name}`);
    await upload(target, release, asset);
    log.info(`${asset.name}: uploaded, ${asset.size} bytes`);
  }
  const { id, html_url: url } = release;
  const draft = { owner, repo, release_id: id, tag_name: tag };
  const lacking = lackingAssets(await assetsOf(target, id), assets);
  if (lacking.length > 0)
    throw problem(`The release of '${tag}' does not have what was uploaded: ${lacking.join(', ')}`, {
      hint: 'Run the job again: it continues this release.',
    });
  if (!release.draft) return { id, url };
  const { data } = await octokit.rest.repos.updateRelease({ ...draft, draft: false });
  return { id, url: data.html_url };
}

/** Returns the newest published release that has exactly these assets, whatever its tag. */
export async function findReleased(target: Target, assets: readonly WantedAsset[]) {
  const all = await allReleases(target);
  const same = all.find((one) => !one.draft && hasExactly(one.assets.map(foundAsset), assets));
  return same === undefined ? undefined : { id: same.id, url: same.html_url };
}

async function allReleases({ octokit, owner, repo }: Target): Promise<Found[]> {
  return await octokit.paginate(octokit.rest.repos.listReleases, { owner, repo, per_page: 100 });
}

type Found = Awaited<ReturnType<Octokit['rest']['repos']['createRelease']>>['data'];

/** Returns the release of the tag, draft or not. It lists all: a draft is not found by its tag. */
async function findRelease(target: Target): Promise<Found | undefined> {
  const { tag, log } = target;
  const own = (await allReleases(target))
    .filter(({ tag_name }) => tag_name === tag)
    .sort((a, b) => a.id - b.id);
  const published = own.find(({ draft }) => !draft);
  const [first, ...others] = own;
  if (published === undefined && others.length > 0)
    log.warn(`There are ${own.length} drafts for '${tag}': the oldest is continued.`);
  return published ?? first;
}

async function createDraft(target: Target): Promise<Found> {
  const { octokit, owner, repo, tag, commit, log } = target;
  const draft = { owner, repo, tag_name: tag, name: tag, draft: true, body: bodyNaming(commit) };
  const created = await atCommit(target, (more) => octokit.rest.repos.createRelease({ ...draft, ...more }));
  log.info(`Draft of '${tag}' created`);
  return created;
}

/** Continues a draft: makes it name the commit. Its tag's place is changed only if an earlier run made the draft. */
async function continueDraft(target: Target, found: Found): Promise<Found> {
  const { octokit, owner, repo, tag, commit } = target;
  const body = bodyNaming(commit, found.body ?? '');
  if (!found.draft || body === (found.body ?? '')) return found;
  const draft = { owner, repo, release_id: found.id, tag_name: tag, draft: true, body };
  const { updateRelease } = octokit.rest.repos;
  if (!ourLine.test(found.body ?? '')) return (await updateRelease(draft)).data;
  return await atCommit(target, (more) => updateRelease({ ...draft, ...more }));
}

/** The line in a release's body that names the commit. GitHub makes a link of it. */
const ourLine = /^Built from \S+@[0-9a-f]{40,64}$/m;

/** Returns a release's body with the line that names the commit. Pure. */
export function bodyNaming(commit: Target['commit'], body = ''): string {
  if (commit === undefined) return body;
  const line = `Built from ${commit.repository}@${commit.sha}`;
  if (ourLine.test(body)) return body.replace(ourLine, () => line);
  return body === '' ? line : `${body.trimEnd()}\n\n${line}`;
}

/**
 * Makes or changes a release whose tag will be at the commit. Where GitHub refuses that, the commit is left out: a job's
 * token may not tag a commit whose workflow files differ from those of the default branch.
 */
async function atCommit(
  { owner, repo, commit, log }: Target,
  request: (more: { target_commitish?: string }) => Promise<{ data: Found }>,
): Promise<Found> {
  if (commit === undefined || commit.repository !== `${owner}/${repo}`) return (await request({})).data;
  try {
    return (await request({ target_commitish: commit.sha })).data;
  } catch (error) {
    const { status = 0, message } = error as { status?: number; message: string };
    if (![403, 404, 422].includes(status)) throw error;
    const { data } = await request({});
    const refused = `GitHub lets this job make no tag at commit ${commit.sha} (${message})`;
    const place = `a new tag will be at ${data.target_commitish}`;
    log.warn({ message: `${refused}: ${place}`, hint: 'The release names the commit.' });
    return data;
  }
}

async function assetsOf({ octokit, owner, repo }: Target, id: number): Promise<FoundAsset[]> {
  const list = octokit.rest.repos.listReleaseAssets;
  const all = await octokit.paginate(list, { owner, repo, release_id: id, per_page: 100 });
  return all.map(foundAsset);
}

function foundAsset(one: Omit<FoundAsset, 'digest'> & { digest?: string | null }): FoundAsset {
  const { id, name, size, state, digest = null } = one;
  return { id, name, size, state, digest };
}

/** An upload that GitHub refused or stored with other bytes. */
class UploadError extends Error {}

/**
 * Uploads one file and compares GitHub's answer with it. A broken upload is removed and tried again.
 * @throws ProblemsError after the last attempt
 */
async function upload(target: Target, release: Found, asset: WantedAsset): Promise<void> {
  const { octokit, owner, repo, log } = target;
  const policy: RetryPolicy = {
    attempts: 3,
    isTransient: (error) => error instanceof UploadError,
    onRetry: ({ message }) => log.warn(`${asset.name}: ${message}. Uploaded again.`),
  };
  const once = async (): Promise<void> => {
    const reason = await send(octokit, release, asset);
    if (reason === undefined) return;
    for (const one of await assetsOf(target, release.id)) {
      if (one.name !== asset.name) continue;
      if (isSame(one, asset)) return;
      await octokit.rest.repos.deleteReleaseAsset({ owner, repo, asset_id: one.id });
    }
    throw new UploadError(reason);
  };
  await retry(policy, once).catch((error: unknown) => {
    if (!(error instanceof UploadError)) throw error;
    throw problem(`'${asset.path}' cannot be uploaded as '${asset.name}': ${error.message}`);
  });
}

/** Sends one file. Returns the reason of a failure that another attempt may not meet. */
async function send(octokit: Octokit, release: Found, asset: WantedAsset): Promise<string | undefined> {
  try {
    const { data } = await octokit.request({
      method: 'POST',
      // GitHub names the host for uploads, as a template with the asset's name.
      url: release.upload_url,
      name: asset.name,
      headers: { 'content-type': 'application/octet-stream', 'content-length': asset.size },
      data: createReadStream(asset.path),
    });
    const stored = foundAsset(data as FoundAsset);
    if (stored.name === asset.name && isSame(stored, asset)) return undefined;
    return `GitHub has '${stored.name}', ${stored.size} bytes, ${stored.digest ?? 'no digest'}`;
  } catch (error) {
    const status = (error as { status?: number }).status ?? 500;
    if (status < 500 && status !== 422 && status !== 429) throw error;
    return (error as Error).message;
  }
}

/** Returns GitHub's refusal as a problem with a hint; any other error as it is. */
export function releaseProblem(error: unknown, repository: string): unknown {
  const status = (error as { status?: number } | undefined)?.status;
  if (error instanceof ProblemsError || status === undefined) return error;
  const hints: Record<number, string> = {
    401: "Give a valid token as 'token'.",
    403: 'The job needs `permissions: contents: write`.',
    404: `The token does not see ${repository}, or may not write to it: the job needs \`permissions: contents: write\`.`,
  };
  return problem(`GitHub refused: ${(error as Error).message}`, { hint: hints[status] });
}
