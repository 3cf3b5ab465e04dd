import { createServer, request as forward, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { listen } from './hostile-servers.ts';

/** A proxy on loopback that asks 127.0.0.1 in place of every host it lets through. */
export interface TestProxy {
  /** Its `host:port`. */
  host: string;
  /** What it was asked for: addresses, and `CONNECT host:port`. */
  asked: string[];
  /** The `user:password` of each request. */
  logins: (string | undefined)[];
}

interface ProxyOptions {
  /** The host that it lets through; all others are refused with 403. Default: all. */
  lets?: string;
  /** The `user:password` without which it answers 407. */
  login?: string;
}

/** Starts a proxy for http and, as a tunnel, for https. It ends with its test. */
export async function startProxy({ lets, login }: ProxyOptions = {}): Promise<TestProxy> {
  const asked: string[] = [];
  const logins: (string | undefined)[] = [];
  /** Notes a request. @returns the status that refuses it, if any */
  const refusal = (what: string, host: string, header: string | undefined) => {
    asked.push(what);
    const given = header && Buffer.from(header.replace(/^Basic /, ''), 'base64').toString();
    logins.push(given);
    if (login !== undefined && given !== login) return 407;
    return lets !== undefined && host !== lets ? 403 : undefined;
  };
  const answer: RequestListener = (request, response) => {
    const { href, hostname, port, pathname, search } = new URL(request.url ?? '', 'http://none.invalid');
    const refused = refusal(href, hostname, request.headers['proxy-authorization']);
    if (refused !== undefined) {
      response.writeHead(refused, { 'proxy-authenticate': 'Basic realm="test"' }).end();
      return;
    }
    const { method, headers } = request;
    const far = forward({ host: '127.0.0.1', port, path: pathname + search, method, headers }, (got) => {
      response.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(response);
    });
    far.on('error', () => response.writeHead(502).end());
    request.pipe(far);
  };
  const server = createServer(answer);
  server.on('connect', (request, socket) => {
    const { hostname, port } = new URL(`http://${request.url}`);
    const refused = refusal(`CONNECT ${request.url}`, hostname, request.headers['proxy-authorization']);
    if (refused !== undefined) {
      socket.end(`HTTP/1.1 ${refused} Refused\r\nProxy-Authenticate: Basic realm="test"\r\n\r\n`);
      return;
    }
    const far = connect(Number(port || 80), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      far.pipe(socket).pipe(far);
    });
    for (const one of [far, socket]) one.on('error', () => one.destroy());
  });
  return { host: `127.0.0.1:${await listen(server)}`, asked, logins };
}
