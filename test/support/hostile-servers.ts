import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { type DownloaderOptions, makeDownloader } from '../../src/shared/sources/download.ts';
import { temporaryFolders } from './temporary.ts';

export const temporary = temporaryFolders();
/** What {@link download} expects at every address, and its digest. */
export const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, index) => index * 7));
export const sha256 = createHash('sha256').update(bytes).digest('hex');
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    (server as Partial<ReturnType<typeof createServer>>).closeAllConnections?.();
    await new Promise((done) => server.close(done));
  }
});

/** Starts a server, which ends with its test. @returns its port */
export async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, host, done));
  return (server.address() as AddressInfo).port;
}

export const serve = async (answer: RequestListener) =>
  `http://127.0.0.1:${await listen(createServer(answer))}/a`;

/** Starts a server that sends an answer byte for byte, and then leaves the connection open. */
export const serveRaw = async (send: (socket: Socket) => void) => {
  const server = createSocketServer((socket) => {
    socket.on('error', () => {}).once('data', () => send(socket));
  });
  return `http://127.0.0.1:${await listen(server)}/a`;
};

/** Downloads into a folder of its own, in which at most the file is left. */
export async function download(address: string, more: DownloaderOptions = {}, mostBytes = 2_000_000) {
  const dir = temporary();
  const options = { answerSeconds: 1, stallSeconds: 0.3, totalSeconds: 10, retries: 2, backoffSeconds: 0.01 };
  const downloader = makeDownloader({ ...options, ...more });
  const got = await downloader.download(address, join(dir, 'file'), { sha256, mostBytes });
  expect(readdirSync(dir)).toEqual('digest' in got ? ['file'] : []);
  if ('digest' in got) expect(readFileSync(join(dir, 'file'))).toEqual(bytes);
  return 'failure' in got ? got.failure : got.digest;
}

/** Sends one byte after the other, without end. */
export function trickle(to: NodeJS.WritableStream): void {
  const timer = setInterval(() => to.write('x'), 20);
  to.on('close', () => clearInterval(timer));
}

/** Sends 16 KiB after 16 KiB, without end. */
export function flood(to: ServerResponse): void {
  const more = () => {
    while (!to.destroyed && to.write(Buffer.alloc(16_384)));
  };
  to.on('drain', more);
  more();
}
