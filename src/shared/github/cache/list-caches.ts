import { debug } from '../../base/debug.ts';
import { openOctokit } from '../octokit.ts';

/**
 * True if any of these refs has an entry whose key begins with `prefix`; undefined if the token may not read the list.
 * @param token needs `actions: read`
 * @param repository `owner/name`
 */
export async function listsEntry(
  token: string,
  repository: string,
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
    debug(() => `the list of caches cannot be read: ${(error as Error).message}`);
    return undefined;
  }
}
