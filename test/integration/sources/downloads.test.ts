import { existsSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runTool } from '../../../src/shared/host/process.ts';
import { makeDownloader } from '../../../src/shared/sources/download.ts';
import {
  bytes,
  download,
  flood,
  listen,
  serve,
  serveRaw,
  sha256,
  temporary,
  trickle,
} from '../../support/hostile-servers.ts';
import { littleSpace } from '../../support/little-space.ts';

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
    ['that trickles', (_, response) => trickle(response.writeHead(200)), 'stalls, 3 times'],
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
    const got = await download(await serve(answer));
    if (typeof expected === 'string') expect(got).toBe(expected);
    else expect(got).toMatch(expected);
  });

  it('that takes too long is ended', async () => {
    const address = await serve((_, response) => trickle(response.writeHead(200)));
    expect(await download(address, { totalSeconds: 0.5, stallSeconds: 60 })).toBe(
      'does not end within 0.5 s',
    );
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
    const downloader = makeDownloader();
    const expected = { sha256, mostBytes: 2_000_000 };
    expect(await downloader.download(`${origin}/bad`, join(dir, 'bad'), expected)).toHaveProperty('failure');
    expect(await downloader.download(`${origin}/good`, join(dir, 'good'), expected)).toEqual({
      digest: sha256,
    });
    expect(existsSync(join(dir, 'bad'))).toBe(false);
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
      const got = await makeDownloader().download('${address}', '${dir}/file', expected);
      console.log(JSON.stringify({ got, files: (await import('node:fs')).readdirSync('${dir}') }));
      process.exit();`;
    const argv = [...littleSpace(dir, 100), process.execPath, '--input-type=module', '-e', script];
    const { stdout } = await runTool(argv, { timeoutSeconds: 60 });
    expect(JSON.parse(stdout)).toEqual({ got: { failure: 'fills the disk' }, files: [] });
  });
});

it('whatever bytes a server sends, the answer is a reason or the file', async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...['HTTP/1.1 200 OK\r\n', 'HTTP/1.0 206 x\r\n', 'HTTP/1.1 302 \r\n', 'HTTP/1.1 100 Continue\r\n\r\n'],
      ...['content-length: 5\r\n', 'content-length: -1\r\n', 'transfer-encoding: chunked\r\n'],
      ...['content-range: bytes 0-4/5\r\n', 'etag: "a"\r\n', 'location: //\r\n', 'location: /a\r\n'],
      ...['content-encoding: gzip\r\n', '\r\n', '5\r\nabcde\r\n', '0\r\n\r\n', 'ffffffffffffffff\r\n'],
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  let answer = '';
  const address = await serveRaw((socket) => socket.end(Buffer.from(answer, 'latin1')));
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
      answer = pieces.join('');
      expect(await download(address, { retries: 1 })).toEqual(expect.any(String));
    }),
    { numRuns: 200 },
  );
});
