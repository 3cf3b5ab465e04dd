import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, restError, twirpError } from './answer.ts';
import { Artifacts } from './artifacts.ts';
import { Blobs, blobAnswer } from './blobs.ts';
import { Caches } from './caches.ts';
import { type JobOptions, jobEnvironment } from './job.ts';
import { Releases } from './releases.ts';
import { restAnswer } from './rest.ts';
import { twirpAnswer } from './twirp.ts';

/** Something that goes wrong on demand. */
export interface Fault {
  /** Which calls: `ListArtifacts`, `PUT blob`, `GET blob` … */
  call: string;
  /** Only those whose address has this in it. */
  about?: string;
  /** How often, from now on. */
  times: number;
  /** Answered instead of what the service would. `after`: the service did its work all the same. */
  status?: number;
  headers?: Record<string, string>;
  after?: boolean;
  /** The answer comes so many milliseconds late. */
  delay?: number;
  /** Only so many bytes of the answer come. */
  truncate?: number;
  /** Changes what the service answers. */
  change?: (answer: Answer) => Answer;
}

/** GitHub's services on loopback. */
export interface Services {
  address: string;
  artifacts: Artifacts;
  blobs: Blobs;
  caches: Caches;
  releases: Releases;
  /** Calls so far, by name. */
  calls: Map<string, number>;
  /** What of the REST calls and their answers was not as GitHub describes it. */
  violations: string[];
  fail(fault: Fault): void;
  /** Ends all faults. */
  heal(): void;
  /** The environment in which a job of a run finds them. */
  environment(run: string, job: string, options?: JobOptions): Record<string, string>;
  /** @throws Error when there were violations: who called may have got over them */
  close(): Promise<void>;
}

/**
 * Starts the services, empty, on a free port of loopback.
 * @param host the name of loopback in their addresses
 */
export async function startServices(host = '127.0.0.1'): Promise<Services> {
  let address = '';
  const blobs = new Blobs(() => address);
  const artifacts = new Artifacts(blobs);
  const caches = new Caches(blobs);
  const releases = new Releases(() => address);
  const calls = new Map<string, number>();
  const violations: string[] = [];
  const faults: Fault[] = [];

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', address);
    const bytes = await bodyOf(request);
    const twirp = /^\/twirp\/github\.actions\.results\.api\.v1\.(\w+)\/(\w+)$/.exec(url.pathname);
    const isRest = /^\/(uploads\/)?repos\//.test(url.pathname);
    // `ListArtifacts`, `GET blob`, `POST releases`, `DELETE assets`
    const place = isRest ? url.pathname.split('/').findLast((part) => /^[a-z]+$/.test(part)) : 'blob';
    const call = twirp?.[2] ?? `${request.method} ${place}`;
    calls.set(call, (calls.get(call) ?? 0) + 1);
    const fault = faults.find(
      (one) => one.call === call && one.times > 0 && url.pathname.includes(one.about ?? ''),
    );
    if (fault !== undefined) fault.times--;
    const work = () => {
      if (isRest) return restAnswer({ releases, caches, violations }, request, url, bytes);
      if (twirp === null) return blobAnswer(blobs, request, url, bytes);
      const services = { ArtifactService: artifacts, CacheService: caches };
      return twirpAnswer(services, request, twirp[1] as string, call, bytes);
    };
    let answer: Answer;
    if (fault?.status !== undefined) {
      if (fault.after === true) work();
      const words = `a fault on demand: ${fault.status}`;
      const error = isRest ? restError(fault.status, words) : twirpError(fault.status, 'internal', words);
      answer = { ...error, headers: fault.headers ?? {} };
    } else answer = work();
    if (fault?.change !== undefined) answer = fault.change(answer);
    if (fault?.delay !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.delay));
    send(response, answer, fault?.truncate);
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://${host}:${(server.address() as AddressInfo).port}`;
  return {
    ...{ address, artifacts, blobs, caches, releases, calls, violations },
    fail: (fault) => void faults.push(fault),
    heal: () => void faults.splice(0),
    environment: (run, job, options) => jobEnvironment(address, run, job, options),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (violations.length > 0) throw new Error(`not as GitHub describes it:\n${violations.join('\n')}`);
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function send(
  response: ServerResponse,
  { status, body, bytes, headers = {} }: Answer,
  truncate?: number,
): void {
  const content = bytes ?? (body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body)));
  const type = bytes === undefined ? { 'content-type': 'application/json' } : {};
  response.writeHead(status, { ...type, ...headers, 'content-length': String(content.length) });
  if (truncate === undefined) response.end(content);
  else response.write(content.subarray(0, truncate), () => response.destroy());
}
