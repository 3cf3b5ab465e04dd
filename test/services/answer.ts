/** What a service answers: JSON, or bytes. */
export interface Answer {
  status: number;
  body?: unknown;
  bytes?: Buffer;
  headers?: Record<string, string>;
}

/** An error of a Twirp service. */
export function twirpError(status: number, code: string, msg: string): Answer {
  return { status, body: { code, msg } };
}

/** An error of the REST service. @param more fields beside the message */
export function restError(status: number, message: string, more: Record<string, unknown> = {}): Answer {
  return { status, body: { message, ...more, documentation_url: 'https://docs.github.com/rest' } };
}

/** A moment as the services tell it: in whole seconds. */
export function moment(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

/**
 * A field of a request that must be there with this type. GitHub's services take the names of the protocol's fields
 * (snake_case) alone.
 */
export function field<T extends 'string' | 'number'>(
  body: Record<string, unknown>,
  name: string,
  type: T,
): T extends 'string' ? string : number {
  const value = body[name];
  if (typeof value !== type || value === '') throw new BadRequest(`${name} is missing or no ${type}`);
  return value as never;
}

/** Refuses names that the protocol does not have. */
export function known(body: Record<string, unknown>, names: readonly string[]): void {
  for (const name of Object.keys(body))
    if (!names.includes(name)) throw new BadRequest(`unknown field ${name}`);
}

export class BadRequest extends Error {}
