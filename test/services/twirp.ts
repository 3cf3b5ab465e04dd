import type { IncomingMessage } from 'node:http';
import { type Answer, BadRequest, twirpError } from './answer.ts';
import { type JobToken, readToken } from './job.ts';

/** A service of GitHub's that jobs call with their own token. */
export interface TwirpService {
  /** @throws BadRequest for a body that the protocol does not have */
  call(method: string, body: Record<string, unknown>, token: JobToken): Answer;
}

/** Answers a call of a method of one of the services. */
export function twirpAnswer(
  services: Readonly<Record<string, TwirpService>>,
  request: IncomingMessage,
  service: string,
  method: string,
  bytes: Buffer,
): Answer {
  const token = readToken(request.headers.authorization);
  if (token === undefined) return twirpError(401, 'unauthenticated', 'no token');
  if (!String(request.headers['content-type']).startsWith('application/json'))
    return twirpError(415, 'malformed', 'JSON is expected');
  try {
    const body = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    return (
      services[service]?.call(method, body, token) ?? twirpError(404, 'bad_route', `no service ${service}`)
    );
  } catch (error) {
    if (error instanceof BadRequest || error instanceof SyntaxError)
      return twirpError(400, 'invalid_argument', error.message);
    throw error;
  }
}
