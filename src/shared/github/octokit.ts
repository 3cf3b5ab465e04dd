import * as core from '@actions/core';
import type { Octokit } from '@octokit/rest';

/** GitHub's REST service with this token. What the library tells goes to the debug log. It is loaded only here. */
export async function openOctokit(token: string): Promise<Octokit> {
  const library = await import('@octokit/rest');
  return new library.Octokit({
    auth: token,
    baseUrl: process.env['GITHUB_API_URL'] ?? 'https://api.github.com',
    log: { debug: core.debug, info: core.debug, warn: core.debug, error: core.debug },
  });
}
