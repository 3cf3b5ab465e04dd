import { retryAfterSeconds } from '../base/retry.ts';
import { type Ask, InterruptedError, RefusedError } from './http-request.ts';
import { shownAddress, webAddress } from './web-address.ts';

const redirects = new Set([301, 302, 303, 307, 308]);
const mostRedirects = 8;
/** A part of the file, and the answer that the file has no such part. */
const rangeAnswers = new Set([206, 416]);

/**
 * Returns a function that follows redirects to the answer with the file, or with the part that the headers ask for. It
 * throws an InterruptedError or a RefusedError for all other answers.
 */
export function followRedirects(ask: Ask): Ask {
  return async (address, headers, signal) => {
    let url = address;
    for (let hop = 0; hop <= mostRedirects; hop++) {
      const response = await ask(url, headers, signal);
      const status = response.statusCode ?? 0;
      if (status === 200 || (headers['range'] !== undefined && rangeAnswers.has(status))) return response;
      // Its body may be endless.
      response.destroy();
      const { location } = response.headers;
      if (redirects.has(status) && location !== undefined) {
        url = nextAddress(url, location);
        continue;
      }
      const said = `answers ${status} ${response.statusMessage ?? ''}`.trim().slice(0, 100);
      if (status !== 429 && status < 500) throw new RefusedError(said);
      throw new InterruptedError(said, retryAfterSeconds(response.headers['retry-after']));
    }
    throw new RefusedError(`sends on more than ${mostRedirects} times`);
  };
}

/** Returns where a redirect leads. @throws RefusedError for another scheme, and from https to http */
function nextAddress(from: URL, location: string): URL {
  const next = webAddress(location, from.href);
  const place = `sends on to '${shownAddress(location)}'`;
  if (next === undefined) throw new RefusedError(`${place}, which is no http or https address`);
  if (from.protocol === 'https:' && next.protocol !== 'https:')
    throw new RefusedError(`${place}, from https to http`);
  return next;
}
