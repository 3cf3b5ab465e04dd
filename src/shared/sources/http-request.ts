import { type AgentOptions, Agent as HttpAgent, get as httpGet, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { proxyOf, proxyProblems, type ShownProxy } from '../host/proxies.ts';

export interface RequestOptions {
  /** Seconds within which a host must send all headers of its answer. Default: 10. */
  answerSeconds?: number;
  /** Seconds within which {@link leastBytes} must come, else the download counts as interrupted. Default: 30. */
  stallSeconds?: number;
}

/** A failure that another attempt may not meet. */
export class InterruptedError extends Error {
  /** Seconds that the server asks to wait. */
  readonly retryAfter: number | undefined;

  constructor(message: string, retryAfter?: number) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/** A failure that every attempt would meet. */
export class RefusedError extends Error {}

/** The failure of a server that accepts a connection and then says nothing. */
class NoAnswerError extends Error {
  override readonly message = 'no answer in time';
}

/** Sends a GET request and returns the answer when its headers are there. */
export type Ask = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<IncomingMessage>;

const interruptionCodes = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'];

/** Bytes of the slowest download in {@link RequestOptions.stallSeconds}: half a kilobyte per second. */
const leastBytes = 16 * 1024;

/** Milliseconds after which the next of a host's addresses is tried: IPv6 may be dead where IPv4 is not, or the reverse. */
const addressTimeout = 2000;

/** Addresses of a server that may stay without an answer before it is not asked again. One may be slow, or a trap. */
const mostUnanswered = 3;

/**
 * Returns a function that sends one request to a server at a time until it has answered once, and none after it could not
 * be reached. It throws an InterruptedError or a RefusedError.
 */
export function askHosts(options: RequestOptions): Ask {
  const send = sender(options);
  const known = new Map<string, 'answers' | string | Promise<unknown>>();
  const unanswered = new Map<string, number>();
  const first: Ask = async (url, headers, signal) => {
    try {
      const response = await send(url, headers, signal);
      known.set(url.origin, 'answers');
      return response;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RefusedError) throw error;
      if (isInterruption(error)) throw new InterruptedError('breaks off');
      const failure = `${url.host} does not answer (${reasonOf(error)})`;
      const times = (unanswered.get(url.origin) ?? 0) + 1;
      unanswered.set(url.origin, times);
      if (!(error instanceof NoAnswerError) || times >= mostUnanswered) known.set(url.origin, failure);
      throw new RefusedError(failure);
    }
  };
  return async (url, headers, signal) => {
    for (;;) {
      const state = known.get(url.origin);
      if (state === 'answers')
        return await send(url, headers, signal).catch((error: unknown) => {
          signal.throwIfAborted();
          // A server that answered before and does not answer now is busy: another attempt may help.
          throw error instanceof RefusedError ? error : new InterruptedError(reasonOf(error));
        });
      if (typeof state === 'string') throw new RefusedError(state);
      if (state === undefined) {
        const answer = first(url, headers, signal);
        const ended = answer.then(
          () => {},
          () => {},
        );
        known.set(url.origin, ended);
        return await answer.finally(() => {
          // Neither an answer nor a server that cannot be reached: the next request is a first one, too.
          if (known.get(url.origin) === ended) known.delete(url.origin);
        });
      }
      await state;
      signal.throwIfAborted();
    }
  };
}

/** Returns a function that sends requests through connections of its own, and the proxies of this process. */
function sender(options: RequestOptions): Ask {
  const agentFor = agents({
    keepAlive: true,
    autoSelectFamilyAttemptTimeout: addressTimeout,
  } as AgentOptions);
  return (url, headers, signal) =>
    new Promise((resolve, reject) => {
      const [unusable] = proxyProblems(process.env);
      if (unusable !== undefined) throw new RefusedError(`is not asked: ${unusable.message}`);
      const proxy = proxyOf(url);
      const get = url.protocol === 'https:' ? httpsGet : httpGet;
      const asked = get(url, {
        headers: { 'user-agent': 'azl', accept: '*/*', 'accept-encoding': 'identity', ...headers },
        agent: agentFor(url, proxy?.address),
        signal,
      });
      // A timer of its own: the socket's would begin again with every byte of a header.
      const answer = setTimeout(
        () => {
          const isConnected = asked.socket?.connecting === false;
          asked.destroy(isConnected ? new NoAnswerError() : new Error('no connection in time'));
        },
        (options.answerSeconds ?? 10) * 1000,
      );
      const fail = (error: NodeJS.ErrnoException) => {
        clearTimeout(answer);
        const isMalformed = error.code?.startsWith('HPE_');
        const plain = isMalformed ? new RefusedError(`sends no valid HTTP (${error.code})`) : error;
        reject(proxy === undefined || signal.aborted ? plain : proxyError(plain, proxy.shown));
      };
      asked.on('error', fail);
      asked.on('response', (response) => {
        clearTimeout(answer);
        if (proxy !== undefined && response.statusCode === 407) {
          response.destroy();
          reject(loginError(proxy.shown));
          return;
        }
        endStalled(response, options.stallSeconds ?? 30);
        resolve(response);
      });
    });
}

/** Returns a function that returns the connections for an address, directly or through a proxy. */
function agents(settings: AgentOptions) {
  const known = new Map<string, HttpAgent>();
  return (url: URL, proxy: URL | undefined): HttpAgent => {
    const isSecure = url.protocol === 'https:';
    const key = `${url.protocol} ${proxy?.href ?? ''}`;
    const make = () => {
      if (proxy === undefined) return isSecure ? new HttpsAgent(settings) : new HttpAgent(settings);
      return isSecure ? new HttpsProxyAgent(proxy, settings) : new HttpProxyAgent(proxy, settings);
    };
    const agent = known.get(key) ?? make();
    known.set(key, agent);
    return agent;
  };
}

const nameOf = ({ variable, host }: ShownProxy) => `the proxy ${host} of ${variable}`;

/** A failure between this machine and the proxy, or between the proxy and a server: only the proxy knows which. */
function proxyError(error: NodeJS.ErrnoException, proxy: ShownProxy): Error {
  if (isInterruption(error)) return new InterruptedError(`breaks off, through ${nameOf(proxy)}`);
  const reason =
    error instanceof RefusedError ? error.message : `does not answer (${error.code ?? error.message})`;
  return new RefusedError(`is not reached: ${nameOf(proxy)} ${reason}`);
}

function loginError(proxy: ShownProxy): Error {
  const how = `${proxy.variable}=http://user:password@${proxy.host}`;
  const text = proxy.login ? 'refuses the user or the password in it' : `asks for a login: ${how}`;
  return new RefusedError(`is not reached: ${nameOf(proxy)} ${text} (407)`);
}

/** Ends an answer that brings too few bytes. The time without a byte alone would let one byte now and then go on for ever. */
function endStalled(response: IncomingMessage, seconds: number): void {
  const { socket } = response;
  let before = socket.bytesRead;
  const timer = setInterval(() => {
    if (socket.bytesRead - before < leastBytes) response.destroy(new InterruptedError('stalls'));
    before = socket.bytesRead;
  }, seconds * 1000).unref();
  response.on('close', () => clearInterval(timer));
}

/** True for an error after which the same request may succeed. */
export function isInterruption(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return error instanceof InterruptedError || interruptionCodes.includes(code);
}

function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
}
