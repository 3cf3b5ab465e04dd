import type { Octokit } from '@octokit/rest';
import { debug } from '../base/debug.ts';

/** Opens GitHub's REST service with a token. Messages of the library go to the debug log. Only this function loads it. */
export async function openOctokit(token: string): Promise<Octokit> {
  const log = (message: string) => debug(() => message);
  const library = await import('@octokit/rest');
  return new library.Octokit({
    auth: token,
    baseUrl: process.env['GITHUB_API_URL'] ?? 'https://api.github.com',
    log: { debug: log, info: log, warn: log, error: log },
  });
}
