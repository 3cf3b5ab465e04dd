import * as core from '@actions/core';
import { openOctokit } from '../octokit.ts';

/** GitHub's list of the cache, as far as this job's token may read it (`actions: read`). */
export interface CacheList {
  token: string;
  /** owner/name */
  repository: string;
}

/** Whether any of these refs has an entry whose key begins with `prefix`; undefined when the token may not know. */
export async function listsEntry(
  { token, repository }: CacheList,
  prefix: string,
  refs: readonly string[],
): Promise<boolean | undefined> {
  const [owner, repo] = repository.split('/');
  if (token === '' || owner === undefined || repo === undefined) return undefined;
  try {
    const octokit = await openOctokit(token);
    for (const ref of refs) {
      const question = { owner, repo, key: prefix, ref, per_page: 1 };
      const { data } = await octokit.rest.actions.getActionsCacheList(question);
      if (data.total_count > 0) return true;
    }
    return false;
  } catch (error) {
    core.debug(`the list of caches cannot be read: ${(error as Error).message}`);
    return undefined;
  }
}
