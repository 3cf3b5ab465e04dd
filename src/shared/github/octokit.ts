import type { Octokit } from '@octokit/rest';
import { debug } from '../base/debug.ts';
import { proxyOf } from '../host/proxies.ts';

/** Opens GitHub's REST service with a token. Messages of the library go to the debug log. Only this function loads it. */
export async function openOctokit(token: string): Promise<Octokit> {
  const log = (message: string) => debug(() => message);
  const library = await import('@octokit/rest');
  const baseUrl = process.env['GITHUB_API_URL'] ?? 'https://api.github.com';
  return new library.Octokit({
    auth: token,
    baseUrl,
    log: { debug: log, info: log, warn: log, error: log },
    ...(proxyOf(new URL(baseUrl)) === undefined ? {} : { request: { fetch: await fetchThroughProxy() } }),
  });
}

/** Returns a `fetch` that goes through the proxy of each address: Node's own knows none. */
async function fetchThroughProxy() {
  const { fetch, ProxyAgent } = await import('undici');
  // Each keeps its connections, which requests share.
  const agents = new Map<string, InstanceType<typeof ProxyAgent>>();
  return async (url: string, init: Parameters<typeof fetch>[1]) => {
    const address = proxyOf(new URL(url))?.address;
    if (address === undefined) return await fetch(url, init);
    const dispatcher = agents.get(address.href) ?? new ProxyAgent(options(address));
    agents.set(address.href, dispatcher);
    return await fetch(url, { ...init, dispatcher });
  };
}

/** The login apart from the address: the library decodes none of it. */
function options({ origin, username, password }: URL): { uri: string; token?: string } {
  if (username === '') return { uri: origin };
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { uri: origin, token: `Basic ${Buffer.from(login).toString('base64')}` };
}
