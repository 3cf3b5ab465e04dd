import dns from 'node:dns';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { describe, expect, it, vi } from 'vitest';
import { type DownloaderOptions, makeDownloader } from '../../../src/shared/sources/download.ts';
import { testCertificate } from '../../support/certificate.ts';
import { bytes, download, listen, serve, sha256, temporary } from '../../support/hostile-servers.ts';

describe('a redirect', () => {
  const to = (location: string) => serve((_, response) => response.writeHead(302, { location }).end());

  it.each([
    ['file:///etc/passwd', "sends on to 'file:///etc/passwd', which is no http or https address"],
    ['ftp://127.0.0.1/a', "sends on to 'ftp://127.0.0.1/a', which is no http or https address"],
    ['data:,abc', "sends on to 'data://,abc', which is no http or https address"],
    ['/a', 'sends on more than 8 times'],
    ['//', "sends on to '//', which is no http or https address"],
  ])('to %s is refused', async (location, expected) => {
    expect(await download(await to(location))).toBe(expected);
  });

  it('from https to http is refused, the other way it is followed', async () => {
    const { authority, key, cert } = await testCertificate(temporary());
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, authority]);
    try {
      const plain = await serve((_, response) => response.end(bytes));
      const secure = createSecureServer({ key, cert }, (request, response) => {
        if (request.url === '/down')
          response.writeHead(301, { location: plain.replace('//', '//me:secret@') }).end();
        else response.end(bytes);
      });
      const origin = `https://127.0.0.1:${await listen(secure)}`;
      expect(await download(`${origin}/down`)).toBe(`sends on to '${plain}', from https to http`);
      expect(await download(await to(`${origin}/here`))).toBe(sha256);
    } finally {
      setDefaultCACertificates(before);
    }
  });

  it('to a server whose certificate nobody vouches for is refused', async () => {
    const { key, cert } = await testCertificate(temporary());
    const secure = createSecureServer({ key, cert }, (_, response) => response.end(bytes));
    expect(await download(`https://127.0.0.1:${await listen(secure)}/a`)).toMatch(
      /does not answer \((UNABLE|SELF|DEPTH)/,
    );
  });

  it('takes no password along to another server, and no message shows one', async () => {
    const heard: (string | undefined)[] = [];
    const listener: RequestListener = ({ headers, url }, response) => {
      heard.push(headers.authorization);
      if (url === '/a') response.writeHead(302, { location: '/b' }).end();
      else if (url === '/b') response.writeHead(302, { location: other }).end();
      else response.writeHead(404).end();
    };
    const other = (await serve(listener)).replace('/a', '/c');
    const address = (await serve(listener)).replace('//', '//me:secret@');
    expect(await download(address)).toBe('answers 404 Not Found');
    const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`;
    expect(heard).toEqual([basic, basic, undefined]);
    expect(await download(await to('ftp://me:secret@127.0.0.1/?token=secret'))).not.toContain('secret');
  });
});

describe('a host', () => {
  const hasIpv6 = Object.values(networkInterfaces())
    .flat()
    .some((one) => one?.address === '::1');
  const names = vi.spyOn(dns, 'lookup');

  it.skipIf(!hasIpv6)('with IPv6 alone is asked (skipped without ::1)', async () => {
    const server = createServer((_, response) => response.end(bytes));
    const port = await listen(server, '::1');
    expect(await download(`http://[::1]:${port}/a`)).toBe(sha256);
  });

  it.skipIf(!hasIpv6).each([
    ['::1', ['127.0.0.1', '::1']],
    ['127.0.0.1', ['::1', '127.0.0.1']],
  ])('that answers at %s alone is asked there, whatever its first address is', async (own, all) => {
    names.mockImplementation(((_name: string, _options: unknown, done: (...answer: unknown[]) => void) =>
      done(
        null,
        all.map((address) => ({ address, family: address === '::1' ? 6 : 4 })),
      )) as never);
    const server = createServer((_, response) => response.end(bytes));
    const port = await listen(server, own);
    expect(await download(`http://example.invalid:${port}/a`)).toBe(sha256);
    names.mockReset();
  });
});

describe('a server of many sources', () => {
  /** Downloads all by one downloader. @returns the answers */
  async function downloadAll(addresses: readonly string[], more: DownloaderOptions = {}) {
    const dir = temporary();
    const options = { answerSeconds: 1, retries: 0, environment: {} };
    const { download } = makeDownloader({ ...options, ...more });
    return await Promise.all(
      addresses.map((address, at) =>
        download(address, join(dir, String(at)), { sha256, mostBytes: 2_000_000 }),
      ),
    );
  }

  /** A server that stays silent at /silent. */
  const start = async () => {
    let asked = 0;
    const address = await serve((request, response) => {
      asked++;
      if (request.url !== '/silent') response.end(bytes);
    });
    return { origin: new URL(address).origin, asked: () => asked };
  };

  it('is asked on after one address that stays silent, or that nobody can send', async () => {
    const { origin } = await start();
    const odd = origin.replace('//', '//%zz@');
    const got = await downloadAll([`${odd}/a`, `${origin}/silent`, `${origin}/silent`, `${origin}/b`]);
    expect(got).toEqual([
      { failure: 'is no http or https address' },
      { failure: expect.stringMatching(/does not answer \(no answer in time\)/) },
      { failure: expect.stringMatching(/does not answer \(no answer in time\)/) },
      { digest: sha256 },
    ]);
  });

  it('is not asked on after three that stay silent, when nothing was answered', async () => {
    const { origin, asked } = await start();
    const got = await downloadAll(Array.from({ length: 12 }, () => `${origin}/silent`));
    for (const one of got) expect(one).toHaveProperty('failure');
    expect(asked()).toBe(3);
  });

  it('is asked by https when it does not answer by http', async () => {
    const { key, cert, authority } = await testCertificate(temporary());
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, authority]);
    try {
      const secure = createSecureServer({ key, cert }, (_, response) => response.end(bytes));
      const port = await listen(secure);
      const got = await downloadAll([`http://127.0.0.1:${port}/a`, `https://127.0.0.1:${port}/a`]);
      expect(got).toEqual([{ failure: expect.any(String) }, { digest: sha256 }]);
    } finally {
      setDefaultCACertificates(before);
    }
  });

  it('is asked on when the time of the first download ends before its answer', async () => {
    const { origin } = await start();
    const got = await downloadAll([`${origin}/silent`, `${origin}/a`], { totalSeconds: 0.2 });
    expect(got).toEqual([{ failure: 'does not end within 0.2 s' }, expect.anything()]);
    expect(await downloadAll([`${origin}/a`])).toEqual([{ digest: sha256 }]);
  });
});
