import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openOctokit } from '../../../src/shared/github/octokit.ts';
import { proxyVariables } from '../../../src/shared/host/proxies.ts';

/** The agents that were made, by the address of their proxy, and the agent of each request. */
const { made, used } = vi.hoisted(() => ({ made: [] as string[], used: [] as unknown[] }));
vi.mock('undici', () => ({
  ProxyAgent: class {
    constructor({ uri }: { uri: string }) {
      made.push(uri);
    }
  },
  fetch: async (_url: string, { dispatcher }: { dispatcher: unknown }) => {
    used.push(dispatcher);
    return new Response('[]', { headers: { 'content-type': 'application/json' } });
  },
}));

beforeEach(() => {
  for (const name of proxyVariables) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

it('all requests to GitHub share one agent of the proxy, and with it its connections', async () => {
  vi.stubEnv('GITHUB_API_URL', 'https://api.github.test');
  vi.stubEnv('https_proxy', 'http://me:secret@proxy.test:3128');
  const octokit = await openOctokit('token');
  const ask = () => octokit.rest.repos.listReleases({ owner: 'some', repo: 'body' });
  await Promise.all([ask(), ask()]);
  await ask();
  expect(made).toEqual(['http://proxy.test:3128']);
  expect(used).toHaveLength(3);
  expect(new Set(used).size).toBe(1);
});
