import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setDebugSink } from '../../../src/shared/base/debug.ts';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { askArtifacts } from '../../../src/shared/github/artifacts/client.ts';
import { actionsCache } from '../../../src/shared/github/cache/actions-cache.ts';
import { openOctokit } from '../../../src/shared/github/octokit.ts';
import { aptReason, runApt } from '../../../src/shared/host/apt.ts';
import type { ToolError } from '../../../src/shared/host/process.ts';
import { proxyVariables, unifyProxies } from '../../../src/shared/host/proxies.ts';
import { tokens } from '../../services/rest.ts';
import { startServices } from '../../services/server.ts';
import { testCertificate } from '../../support/certificate.ts';
import { bytes, download, listen, sha256, temporary } from '../../support/hostile-servers.ts';
import { startProxy, type TestProxy } from '../../support/proxy.ts';

beforeEach(() => {
  for (const name of proxyVariables) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Sets variables as an action finds them. */
function set(variables: Readonly<Record<string, string>>): void {
  for (const name of proxyVariables) vi.stubEnv(name, variables[name]);
  unifyProxies(process.env);
}

const login = { text: 'm%65:s%40cret', value: 'me:s@cret' };
const named = ({ host }: TestProxy) => `http://${login.text}@${host}`;

describe('a source', () => {
  it.each([
    'http_proxy',
    'HTTP_PROXY',
    'all_proxy',
    'ALL_PROXY',
  ])('is asked for through the proxy of %s', async (name) => {
    const proxy = await startProxy({ lets: 'example.invalid', login: login.value });
    const port = await listen(createServer((_, response) => response.end(bytes)));
    const address = `http://example.invalid:${port}/a`;
    set({ [name]: named(proxy) });
    expect(await download(address)).toBe(sha256);
    expect(proxy).toMatchObject({ asked: [address], logins: [login.value] });
    expect(await download(address.replace('example', 'other'))).toBe('answers 403 Forbidden');

    set({ [name]: `http://${proxy.host}` });
    expect(await download(address)).toBe(
      `is not reached: the proxy ${proxy.host} of ${name} asks for a login: ${name}=http://user:password@${proxy.host} (407)`,
    );
    set({ [name]: `http://me:secret@${proxy.host}` });
    expect(await download(address)).toBe(
      `is not reached: the proxy ${proxy.host} of ${name} refuses the user or the password in it (407)`,
    );
    set({ [name]: 'http://me:secret@127.0.0.1:9' });
    expect(await download(address)).toBe(
      `is not reached: the proxy 127.0.0.1:9 of ${name} does not answer (ECONNREFUSED)`,
    );
  });

  it.each([
    'https_proxy',
    'HTTPS_PROXY',
  ])('is asked for over https through the tunnel of %s', async (name) => {
    const { authority, key, cert } = await testCertificate(temporary());
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, authority]);
    try {
      const secure = createSecureServer({ key, cert }, (_, response) => response.end(bytes));
      const port = await listen(secure);
      const address = `https://example.invalid:${port}/a`;
      const proxy = await startProxy({ login: login.value });
      set({ [name]: named(proxy), http_proxy: '127.0.0.1:9' });
      expect(await download(address)).toBe(sha256);
      expect(proxy.asked).toEqual([`CONNECT example.invalid:${port}`]);
      set({ [name]: proxy.host });
      expect(await download(address)).toMatch(/asks for a login: .* \(407\)$/);
    } finally {
      setDefaultCACertificates(before);
    }
  });

  it('of a host in no_proxy is asked for without it', async () => {
    // This machine, without a question to a name server. GitHub's libraries ask 127.0.0.1 past any proxy.
    const host = '0.0.0.0';
    const proxy = await startProxy();
    const port = await listen(createServer((_, response) => response.end(bytes)));
    for (const name of ['no_proxy', 'NO_PROXY']) {
      set({ http_proxy: proxy.host, [name]: `example.com ${host}` });
      expect(await download(`http://${host}:${port}/a`)).toBe(sha256);
    }
    expect(proxy.asked).toEqual([]);
    set({ http_proxy: proxy.host, no_proxy: 'example.com' });
    expect(await download(`http://${host}:${port}/a`)).toBe(sha256);
    expect(proxy.asked).toEqual([`http://${host}:${port}/a`]);
  });

  it.each([
    'http',
    'https',
  ])('is not reached over %s through a proxy that answers garbage', async (scheme) => {
    const garbage = createSocketServer((socket) => {
      socket.on('error', () => {}).once('data', () => socket.end('SSH-2.0-something else\r\n\r\n'));
    });
    const host = `127.0.0.1:${await listen(garbage)}`;
    set({ all_proxy: host });
    const text = await download(`${scheme}://example.invalid/a`);
    expect(text).toContain(`the proxy ${host} of all_proxy `);
    expect(text).not.toMatch(/\bat .*:\d+:\d+/);
  });

  it('is asked for nowhere if the variable names no proxy', async () => {
    vi.stubEnv('http_proxy', 'socks5://me:secret@127.0.0.1:9');
    const port = await listen(createServer((_, response) => response.end(bytes)));
    expect(await download(`http://127.0.0.1:${port}/a`)).toBe(
      'is not asked: http_proxy names no http or https proxy',
    );
  });
});

describe('apt', () => {
  /** A Debian archive without packages. */
  const empty = () => listen(createServer((_, response) => response.end()));

  async function update(mirror: string): Promise<string> {
    const dir = temporary();
    mkdirSync(join(dir, 'etc'));
    const list = join(dir, 'etc/sources.list');
    writeFileSync(list, `deb [trusted=yes] ${mirror} stable main\n`);
    const settings = {
      'Dir::Etc::sourcelist': list,
      'Dir::Etc::sourceparts': '/dev/null',
      'Acquire::Retries': '0',
    };
    const said: string[] = [];
    setDebugSink((text) => said.push(text));
    try {
      await runApt(['apt-get', 'update', '-q'], { dir, settings });
      return '';
    } catch (error) {
      return aptReason(error as ToolError);
    } finally {
      setDebugSink(undefined);
      expect(said.join('\n')).toContain('apt-get');
      expect(said.join('\n')).not.toMatch(/s@cret|s%40cret/);
    }
  }

  it.each(['http_proxy', 'HTTP_PROXY'])('goes through the proxy of %s, with its login', async (name) => {
    const proxy = await startProxy({ login: login.value });
    const mirror = `http://example.invalid:${await empty()}/debian`;
    set({ [name]: named(proxy) });
    await update(mirror);
    expect(proxy.asked).toContain(`${mirror}/dists/stable/InRelease`);
    expect(proxy.logins).toContain(login.value);
  });

  it('says which variable names a proxy that is down or asks for a login', async () => {
    set({ http_proxy: 'http://me:s%40cret@127.0.0.1:9' });
    const down = await update('http://example.invalid/debian');
    expect(down).toMatch(/through the proxy 127\.0\.0\.1:9 of http_proxy$/);
    const proxy = await startProxy({ login: login.value });
    set({ http_proxy: `http://me:other@${proxy.host}` });
    const refused = await update('http://example.invalid/debian');
    expect(refused).toMatch(/407.*, through the proxy .* of http_proxy$/);
    expect(down + refused).not.toMatch(/s@cret|s%40cret|other/);
  });

  it('asks a host in no_proxy without it', async () => {
    const proxy = await startProxy();
    set({ http_proxy: proxy.host, no_proxy: '127.0.0.1' });
    await update(`http://127.0.0.1:${await empty()}/debian`);
    expect(proxy.asked).toEqual([]);
  });
});

describe('GitHub', () => {
  it('is asked through the proxy by all three libraries', async () => {
    const services = await startServices('github.test');
    try {
      const workspace = temporary();
      for (const [name, value] of Object.entries({
        ...services.environment('run', 'job'),
        GITHUB_WORKSPACE: workspace,
        RUNNER_TEMP: workspace,
      }))
        vi.stubEnv(name, value);
      vi.spyOn(process, 'cwd').mockReturnValue(workspace);
      const { port } = new URL(services.address);
      const proxy = await startProxy({ lets: 'github.test', login: login.value });
      set({ http_proxy: named(proxy), https_proxy: named(proxy) });
      const asked = () => proxy.asked.splice(0).map((one) => one.replace(/\/[^ ]*$/, ''));

      writeFileSync(join(workspace, 'file'), 'x');
      const cache = actionsCache(recordingLog());
      await cache.save('place', 'key', workspace, ['file']);
      expect(await cache.fetch('place', 'key', join(temporary(), 'fetched'))).toBe(true);
      expect(asked()).toContain(`CONNECT github.test:${port}`);

      await askArtifacts((client) => client.uploadArtifact('one', [join(workspace, 'file')], workspace));
      expect(asked()).toContain(`CONNECT github.test:${port}`);

      const octokit = await openOctokit(tokens.read);
      const answer = octokit.rest.repos.listReleases({ owner: 'some', repo: 'body' });
      expect((await answer).status).toBe(200);
      expect(asked()).toEqual([`CONNECT github.test:${port}`]);
      expect(new Set(proxy.logins)).toEqual(new Set([login.value]));
    } finally {
      await services.close();
    }
  });
});
