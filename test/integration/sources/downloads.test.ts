import { createHash } from 'node:crypto';
import dns from 'node:dns';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, createServer as createSocketServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { runTool } from '../../../src/shared/host/process.ts';
import { type DownloaderOptions, makeDownloader } from '../../../src/shared/sources/download.ts';
import { testCertificate } from '../../support/certificate.ts';
import { littleSpace } from '../../support/little-space.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const temporary = temporaryFolders();
const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, index) => index * 7));
const sha256 = createHash('sha256').update(bytes).digest('hex');
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    (server as Partial<ReturnType<typeof createServer>>).closeAllConnections?.();
    await new Promise((done) => server.close(done));
  }
});

/** Starts a server, which ends with its test. @returns its port */
async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, host, done));
  return (server.address() as AddressInfo).port;
}

const serve = async (answer: RequestListener) => `http://127.0.0.1:${await listen(createServer(answer))}/a`;

/** Starts a server that sends an answer byte for byte, and then leaves the connection open. */
const serveRaw = async (send: (socket: import('node:net').Socket) => void) => {
  const server = createSocketServer((socket) => {
    socket.on('error', () => {}).once('data', () => send(socket));
  });
  return `http://127.0.0.1:${await listen(server)}/a`;
};

/** Downloads into a folder of its own, in which at most the file is left. */
async function download(address: string, more: DownloaderOptions = {}, mostBytes = 2_000_000) {
  const dir = temporary();
  const options = { answerSeconds: 1, stallSeconds: 0.3, totalSeconds: 10, retries: 2, backoffSeconds: 0.01 };
  const downloader = makeDownloader({ ...options, environment: {}, ...more });
  const got = await downloader.download(address, join(dir, 'file'), { sha256, mostBytes });
  expect(readdirSync(dir)).toEqual('digest' in got ? ['file'] : []);
  if ('digest' in got) expect(readFileSync(join(dir, 'file'))).toEqual(bytes);
  return 'failure' in got ? got.failure : got.digest;
}

/** Sends one byte after the other, without end. */
function trickle(to: NodeJS.WritableStream): void {
  const timer = setInterval(() => to.write('x'), 20);
  to.on('close', () => clearInterval(timer));
}

/** Sends 16 KiB after 16 KiB, without end. */
function flood(to: ServerResponse): void {
  const more = () => {
    while (!to.destroyed && to.write(Buffer.alloc(16_384)));
  };
  to.on('drain', more);
  more();
}

/** Answers every request for a range with the whole file, cut at first. @returns the requests' ranges */
function cutting(headers: Record<string, string>, rest: (from: number, response: ServerResponse) => void) {
  const ranges: (string | undefined)[] = [];
  const answer = ({ headers: { range } }: IncomingMessage, response: ServerResponse) => {
    ranges.push(range);
    if (ranges.length === 1) {
      response.writeHead(200, { ...headers, 'content-length': bytes.length });
      response.write(bytes.subarray(0, 900_000), () => response.socket?.end());
    } else if (range === undefined) response.writeHead(200, headers).end(bytes);
    else rest(Number(/^bytes=(\d+)-$/.exec(range)?.[1]), response);
  };
  return { ranges, answer };
}

const part = (from: number, response: ServerResponse, content = bytes, headers = {}) =>
  response
    .writeHead(206, {
      'content-range': `bytes ${from}-${content.length - 1}/${content.length}`,
      ...headers,
    })
    .end(content.subarray(from));

describe('a download that breaks off', () => {
  it.each([
    ['a strong ETag', { etag: '"one"' }, '"one"'],
    [
      'the time of the last change',
      { 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' },
      'Mon, 01 Jan 2024 00:00:00 GMT',
    ],
  ])('goes on where it ended, by %s', async (_name, headers, validator) => {
    const conditions: unknown[] = [];
    const { ranges, answer } = cutting(headers as Record<string, string>, (from, response) =>
      part(from, response, bytes, headers),
    );
    const address = await serve((request, response) => {
      conditions.push(request.headers['if-range']);
      answer(request, response);
    });
    expect(await download(address)).toBe(sha256);
    expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=\d+-$/)]);
    expect(conditions).toEqual([undefined, validator]);
  });

  it.each<[string, (from: number, response: ServerResponse) => void, number]>([
    ['the server sends the whole file', (_, response) => response.writeHead(200).end(bytes), 2],
    ['another part comes', (from, response) => part(from - 1, response), 3],
    ['a part without its place comes', (_, response) => response.writeHead(206).end(bytes), 3],
    [
      'the file has another size now',
      (from, response) => part(from, response, bytes.subarray(0, 999_000)),
      3,
    ],
    ['the file has another ETag now', (from, response) => part(from, response, bytes, { etag: '"two"' }), 3],
    ['the file has other bytes now', (from, response) => part(from, response, Buffer.alloc(1_000_000)), 3],
    ['the range is refused', (_, response) => response.writeHead(416).end(), 3],
  ])('begins again when %s', async (_name, rest, requests) => {
    const { ranges, answer } = cutting({ etag: '"one"' }, rest);
    expect(await download(await serve(answer))).toBe(sha256);
    expect(ranges).toHaveLength(requests);
  });

  it('begins again without a validator, or with a weak one', async () => {
    for (const headers of [{}, { etag: 'W/"one"', 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' }]) {
      const { ranges, answer } = cutting(headers as Record<string, string>, () => {});
      expect(await download(await serve(answer))).toBe(sha256);
      expect(ranges).toEqual([undefined, undefined]);
    }
  });
});

describe('a body', () => {
  it.each<[string, RequestListener, string | RegExp]>([
    ['without end', (_, response) => flood(response), 'is larger than the limit of 2 MB'],
    [
      'with a huge declared length',
      (_, response) => response.writeHead(200, { 'content-length': 9e15 }).write('x'),
      'is larger than the limit of 2 MB',
    ],
    ['that trickles', (_, response) => trickle(response.writeHead(200)), 'does not end within 0.8 s'],
    ['without end behind a 404', (_, response) => flood(response.writeHead(404)), 'answers 404 Not Found'],
    [
      'that is shorter than it says',
      (_, response) => {
        response.writeHead(200, { 'content-length': bytes.length + 1 });
        response.write(bytes, () => response.socket?.end());
      },
      'breaks off, 3 times',
    ],
    [
      'of another type',
      (_, response) => response.end('<!DOCTYPE html>\n'),
      /^other bytes \(an HTML page\), SHA-256/,
    ],
    ['without bytes', (_, response) => response.end(), /^other bytes \(an empty file\), SHA-256/],
    ['that nobody asked a part of', (_, response) => part(0, response), 'answers 206 Partial Content'],
  ])('%s is refused', async (_name, answer, expected) => {
    const got = await download(await serve(answer), { totalSeconds: 0.8 });
    if (typeof expected === 'string') expect(got).toBe(expected);
    else expect(got).toMatch(expected);
  });

  it('larger than the free disk is refused before a byte is written', async () => {
    const address = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 8e15 }).write('x');
    });
    expect(await download(address, {}, Number.MAX_SAFE_INTEGER)).toMatch(
      /^is larger than the [\d.]+ MB that the disk has left$/,
    );
  });

  it.each<[string, string, string | RegExp]>([
    [
      'chunks of no size',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\nzz\r\n',
      'breaks off, 3 times',
    ],
    [
      '10,000 headers',
      `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(10_000)}\r\n`,
      'sends no valid HTTP (HPE_HEADER_OVERFLOW)',
    ],
    ['no HTTP', 'SSH-2.0-example\r\n\r\n', /^sends no valid HTTP \(HPE_/],
    [
      'two lengths',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
      /^sends no valid HTTP \(HPE_/,
    ],
    [
      'more than it says',
      `HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n${'x'.repeat(1000)}`,
      /^other bytes, SHA-256/,
    ],
  ])('of a server that sends %s is refused', async (_name, answer, expected) => {
    const got = await download(await serveRaw((socket) => socket.end(answer)));
    if (typeof expected === 'string') expect(got).toBe(expected);
    else expect(got).toMatch(expected);
  });

  it('whose headers trickle is not waited for', async () => {
    const address = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\na: ');
      trickle(socket);
    });
    expect(await download(address)).toMatch(/^127\.0\.0\.1:\d+ does not answer \(no answer in time\)$/);
  });

  it('of a bad address does not keep others of the same host away', async () => {
    const server = createSocketServer((socket) => {
      socket
        .on('error', () => {})
        .once('data', (asked) => {
          if (asked.includes('/bad')) socket.end('garbage\r\n\r\n');
          else socket.end(Buffer.concat([Buffer.from('HTTP/1.0 200 OK\r\n\r\n'), bytes]));
        });
    });
    const origin = `http://127.0.0.1:${await listen(server)}`;
    const dir = temporary();
    const downloader = makeDownloader({ environment: {} });
    const expected = { sha256, mostBytes: 2_000_000 };
    expect(await downloader.download(`${origin}/bad`, join(dir, 'bad'), expected)).toHaveProperty('failure');
    expect(await downloader.download(`${origin}/good`, join(dir, 'good'), expected)).toEqual({
      digest: sha256,
    });
    expect(existsSync(join(dir, 'bad'))).toBe(false);
  });
});

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

describe('a disk', () => {
  it('that one download fills is free again, and that download alone fails', async () => {
    const dir = temporary();
    const address = await serve((_, response) => flood(response));
    const module = join(import.meta.dirname, '../../../src/shared/sources/download.ts');
    const script = `
      const { makeDownloader } = await import(${JSON.stringify(module)});
      const expected = { sha256: undefined, mostBytes: 2 ** 40 };
      const got = await makeDownloader({ environment: {} }).download('${address}', '${dir}/file', expected);
      console.log(JSON.stringify({ got, files: (await import('node:fs')).readdirSync('${dir}') }));
      process.exit();`;
    const argv = [...littleSpace(dir, 100), process.execPath, '--input-type=module', '-e', script];
    const { stdout } = await runTool(argv, { timeoutSeconds: 60 });
    expect(JSON.parse(stdout)).toEqual({ got: { failure: 'fills the disk' }, files: [] });
  });
});

describe('a proxy', () => {
  /** A proxy that notes what it is asked for, and asks 127.0.0.1 in place of every host. */
  async function proxy(): Promise<{ address: string; asked: string[]; secrets: (string | undefined)[] }> {
    const asked: string[] = [];
    const secrets: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      secrets.push(request.headers['proxy-authorization']);
      response.end(bytes);
    });
    server.on('connect', (request, socket) => {
      asked.push(`CONNECT ${request.url}`);
      const { port } = new URL(`http://${request.url}`);
      const far = connect(Number(port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        far.pipe(socket).pipe(far);
      });
      for (const one of [far, socket]) one.on('error', () => {});
    });
    return { address: `127.0.0.1:${await listen(server)}`, asked, secrets };
  }

  it.each([
    'http_proxy',
    'HTTP_PROXY',
  ])('named by %s is asked, and its password is not shown', async (name) => {
    const { address, asked, secrets } = await proxy();
    const environment = { [name]: `http://me:secret@${address}` };
    expect(await download('http://example.invalid/a', { environment })).toBe(sha256);
    expect(asked).toEqual(['http://example.invalid/a']);
    expect(secrets).toEqual([`Basic ${Buffer.from('me:secret').toString('base64')}`]);
    const gone = { [name]: 'http://me:secret@127.0.0.1:9' };
    expect(await download('http://example.invalid/a', { environment: gone })).toBe(
      'example.invalid does not answer (ECONNREFUSED)',
    );
  });

  it('without a scheme is an http proxy, and no_proxy names hosts that are asked without it', async () => {
    const { address, asked } = await proxy();
    const plain = await serve((_, response) => response.end(bytes));
    const environment = { http_proxy: address, no_proxy: '127.0.0.1' };
    expect(await download(plain, { environment })).toBe(sha256);
    expect(asked).toEqual([]);
    expect(await download('http://example.invalid/a', { environment })).toBe(sha256);
  });

  it('is a tunnel for https', async () => {
    const { authority, key, cert } = await testCertificate(temporary());
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, authority]);
    try {
      const secure = createSecureServer({ key, cert }, (_, response) => response.end(bytes));
      const port = await listen(secure);
      const { address, asked } = await proxy();
      const environment = { https_proxy: `http://${address}` };
      expect(await download(`https://example.invalid:${port}/a`, { environment })).toBe(sha256);
      expect(asked).toEqual([`CONNECT example.invalid:${port}`]);
    } finally {
      setDefaultCACertificates(before);
    }
  });

  it('of another kind is an error and not passed by', async () => {
    const plain = await serve((_, response) => response.end(bytes));
    expect(await download(plain, { environment: { http_proxy: 'socks5://me:secret@127.0.0.1:9' } })).toBe(
      'is not asked: http_proxy names no http or https proxy',
    );
  });
});
