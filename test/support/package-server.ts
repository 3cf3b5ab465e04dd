import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** What a server does with an answer, instead of sending the file. */
export interface Fault {
  /** Answers with this status. */
  status?: number;
  headers?: Record<string, string>;
  /** Sends other bytes, as if the file were another one. */
  bytes?: Buffer;
  /** Ends the connection after so many bytes of the body. */
  cutAfter?: number;
  /** Sends a piece of the body, then waits so many milliseconds, and so on. */
  slow?: number;
  /** The times that it happens; then the file is sent. Default: always. */
  times?: number;
}

/** A server that plays packages.microsoft.com, on loopback: folders of files, with ranges and entity tags. */
export interface PackageServer {
  origin: string;
  /** What was asked of it, in order: a path, and the range if one was asked for. */
  asked: string[];
  /** By the end of the path. */
  faults: Record<string, Fault>;
  close(): void;
}

/** Starts a server of the files below `dir`. */
export async function startPackageServer(dir: string): Promise<PackageServer> {
  const server = createServer((request, response) => {
    answer(request, response, dir, started).catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const started: PackageServer = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    faults: {},
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return started;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  dir: string,
  { asked, faults }: PackageServer,
): Promise<void> {
  const path = (request.url as string).replace(/\?.*/, '');
  const { range } = request.headers;
  asked.push(range === undefined ? path : `${path} ${range}`);
  const fault = faultFor(path, faults);
  if (fault?.status !== undefined) return void response.writeHead(fault.status, fault.headers).end();
  const file = fault?.bytes ?? (await readFile(join(dir, path)).catch(() => undefined));
  if (file === undefined) return void response.writeHead(404).end();
  const tag = `"${createHash('sha256').update(file).digest('hex')}"`;
  const from = request.headers['if-range'] === tag ? Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0) : 0;
  const headers = { etag: tag, 'content-length': file.length - from };
  const part = { ...headers, 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` };
  response.writeHead(from > 0 ? 206 : 200, from > 0 ? part : headers);
  const body = file.subarray(from);
  if (fault?.cutAfter !== undefined) {
    response.write(body.subarray(0, fault.cutAfter));
    // Who reads must have read what was sent.
    await wait(200);
    return void response.destroy();
  }
  const size = Math.ceil(body.length / 4);
  for (let at = 0; fault?.slow !== undefined && at < body.length; at += size) {
    response.write(body.subarray(at, at + size));
    await wait(fault.slow);
  }
  response.end(fault?.slow === undefined ? body : undefined);
}

function faultFor(path: string, faults: Record<string, Fault>): Fault | undefined {
  const fault = Object.entries(faults).find(([end]) => path.endsWith(end))?.[1];
  if (fault?.times === undefined) return fault;
  return fault.times-- > 0 ? fault : undefined;
}
