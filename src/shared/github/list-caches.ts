import * as core from '@actions/core';

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
    const { Octokit } = await import('@octokit/rest');
    const octokit = new Octokit({
      auth: token,
      baseUrl: process.env['GITHUB_API_URL'] ?? 'https://api.github.com',
      log: { debug: core.debug, info: core.debug, warn: core.debug, error: core.debug },
    });
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
