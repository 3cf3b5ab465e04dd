import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, BadRequest, twirpError } from './answer.ts';
import { Artifacts } from './artifacts.ts';
import { Blobs } from './blobs.ts';
import { Releases } from './releases.ts';

/** Something that goes wrong on demand. */
export interface Fault {
  /** Which calls: `ListArtifacts`, `PUT blob`, `GET blob` … */
  call: string;
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
  releases: Releases;
  /** Calls so far, by name. */
  calls: Map<string, number>;
  fail(fault: Fault): void;
  /** Ends all faults. */
  heal(): void;
  /** The environment in which a job of a run finds them. */
  environment(run: string, job: string): Record<string, string>;
  close(): Promise<void>;
}

/** Starts the services, empty, on a free port of loopback. */
export async function startServices(): Promise<Services> {
  let address = '';
  const blobs = new Blobs();
  const artifacts = new Artifacts(blobs, () => address);
  const releases = new Releases(() => address);
  const calls = new Map<string, number>();
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
    const fault = faults.find((one) => one.call === call && one.times > 0);
    if (fault !== undefined) fault.times--;
    const work = () => {
      if (isRest) return restAnswer(releases, request, url, bytes);
      return twirp === null
        ? blobAnswer(blobs, request, url, bytes)
        : twirpAnswer(artifacts, request, twirp[1] as string, call, bytes);
    };
    let answer: Answer;
    if (fault?.status !== undefined) {
      if (fault.after === true) work();
      answer = {
        ...twirpError(fault.status, 'internal', `a fault on demand: ${fault.status}`),
        headers: fault.headers ?? {},
      };
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
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...{ address, artifacts, blobs, releases, calls },
    fail: (fault) => void faults.push(fault),
    heal: () => void faults.splice(0),
    environment: (run, job) => ({
      ACTIONS_RESULTS_URL: `${address}/`,
      ACTIONS_RUNTIME_URL: `${address}/`,
      ACTIONS_RUNTIME_TOKEN: token(run, job),
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_API_URL: address,
    }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A job's token: only its claim `scp` is looked at. */
function token(run: string, job: string): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ scp: `Actions.Results:${run}:${job}` })}.signature`;
}

function twirpAnswer(
  artifacts: Artifacts,
  request: IncomingMessage,
  service: string,
  method: string,
  bytes: Buffer,
): Answer {
  const [, payload] = /^Bearer [^.]+\.([^.]+)\./.exec(request.headers.authorization ?? '') ?? [];
  const scope =
    payload === undefined ? '' : String(JSON.parse(Buffer.from(payload, 'base64url').toString()).scp);
  const [, run, job] = /^Actions\.Results:([^:]+):([^:]+)$/.exec(scope) ?? [];
  if (run === undefined || job === undefined) return twirpError(401, 'unauthenticated', 'no token');
  if (!String(request.headers['content-type']).startsWith('application/json'))
    return twirpError(415, 'malformed', 'JSON is expected');
  try {
    const body = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    if (service === 'ArtifactService') return artifacts.call(method, body, { run, job });
    return twirpError(404, 'bad_route', `no service ${service}`);
  } catch (error) {
    if (error instanceof BadRequest || error instanceof SyntaxError)
      return twirpError(400, 'invalid_argument', error.message);
    throw error;
  }
}

function restAnswer(releases: Releases, request: IncomingMessage, url: URL, bytes: Buffer): Answer {
  try {
    return releases.call(request.method ?? 'GET', url, request.headers, bytes);
  } catch (error) {
    if (!(error instanceof BadRequest || error instanceof SyntaxError)) throw error;
    return { status: 422, body: { message: error.message } };
  }
}

function blobAnswer(blobs: Blobs, request: IncomingMessage, url: URL, bytes: Buffer): Answer {
  const [, name] = /^\/blobs\/(.+)$/.exec(decodeURIComponent(url.pathname)) ?? [];
  if (name === undefined) return { status: 404 };
  if (!url.searchParams.has('sig')) return { status: 403 };
  if (request.method === 'PUT') {
    const part = url.searchParams.get('comp');
    if (part === 'block') blobs.putBlock(name, url.searchParams.get('blockid') ?? '', bytes);
    else if (part === 'blocklist') {
      if (!blobs.commit(name, bytes.toString('utf8'))) return { status: 400 };
    } else if (request.headers['x-ms-blob-type'] === 'BlockBlob') blobs.put(name, bytes);
    else return { status: 400 };
    return { status: 201, headers: { etag: '"1"', 'x-ms-request-id': 'x' } };
  }
  const whole = blobs.get(name);
  if (whole === undefined) return { status: 404 };
  const file = name.replace(/^.*\//, '');
  const headers = {
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="${file}"; filename*=UTF-8''${encodeURIComponent(file)}`,
  };
  return { status: 200, bytes: whole, headers };
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
