import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { InterruptedError, RefusedError } from './http-request.ts';

/** The bounds of a download. Both functions throw a RefusedError, or the error of a full disk. */
export interface SizeLimit {
  /** Checks a declared size. @param missing bytes that have not arrived yet */
  checkDeclared(total: number, missing: number): Promise<void>;
  /** Checks the bytes that are about to be written. */
  checkWritten(bytes: number): Promise<void>;
}

/**
 * The part of a download that has arrived. After an interruption the rest is asked for, if the server named a validator:
 * a strong ETag, or else the time of the last change.
 */
export class PartialFile {
  private readonly file: FileHandle;
  private readonly limit: SizeLimit;
  private bytes = 0;
  private hash: Hash = createHash('sha256');
  private validator: string | undefined;
  /** Bytes of the whole file, if the server said so. */
  private total: number | undefined;
  /** True if an answer continued the bytes of an earlier one. */
  wasResumed = false;

  constructor(file: FileHandle, limit: SizeLimit) {
    this.file = file;
    this.limit = limit;
  }

  /** The headers that ask for the rest of the file, if a part of it is there. */
  get rangeHeaders(): Record<string, string> {
    if (this.bytes === 0 || this.validator === undefined) return {};
    return { range: `bytes=${this.bytes}-`, 'if-range': this.validator };
  }

  /** Forgets what has arrived. */
  async restart(): Promise<void> {
    await this.file.truncate(0);
    this.bytes = 0;
    this.hash = createHash('sha256');
    this.validator = undefined;
    this.total = undefined;
    this.wasResumed = false;
  }

  /** Writes the body of an answer with status 200, or to a request for the rest. @returns the SHA-256 of the whole file */
  async receive(response: IncomingMessage): Promise<string> {
    if (response.statusCode === 200) await this.begin(response);
    else await this.resume(response);
    for await (const chunk of received(response)) {
      await this.limit.checkWritten(this.bytes + chunk.length);
      for (let from = 0; from < chunk.length; )
        from += (await this.file.write(chunk, from, chunk.length - from, this.bytes + from)).bytesWritten;
      this.hash.update(chunk);
      this.bytes += chunk.length;
    }
    if (this.total !== undefined && this.bytes !== this.total) throw new InterruptedError('breaks off');
    return this.hash.copy().digest('hex');
  }

  private async begin(response: IncomingMessage): Promise<void> {
    await this.restart();
    const { 'content-length': length } = response.headers;
    this.validator = validatorOf(response);
    this.total = length === undefined ? undefined : Number(length);
    if (this.total !== undefined) await this.limit.checkDeclared(this.total, this.total);
  }

  /** Accepts an answer that continues at the last byte; any other makes the next attempt begin again. */
  private async resume(response: IncomingMessage): Promise<void> {
    const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers['content-range'] ?? '');
    const total = range?.[3] === '*' ? this.total : Number(range?.[3]);
    const fits =
      Number(range?.[1]) === this.bytes &&
      (this.total === undefined || total === this.total) &&
      (validatorOf(response) ?? this.validator) === this.validator;
    if (!fits) {
      await this.restart();
      throw new InterruptedError('continues with other bytes than asked for');
    }
    this.total = total;
    if (total !== undefined) await this.limit.checkDeclared(total, total - this.bytes);
    this.wasResumed = true;
  }
}

/** Yields the chunks of a body. @throws InterruptedError or RefusedError for what happens on the way here */
async function* received(response: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response) yield chunk as Buffer;
  } catch (error) {
    if (error instanceof InterruptedError || error instanceof RefusedError) throw error;
    throw new InterruptedError('breaks off');
  }
}

/** Returns what `If-Range` takes. */
function validatorOf({ headers }: IncomingMessage): string | undefined {
  const { etag, 'last-modified': modified } = headers;
  if (etag !== undefined && /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(etag)) return etag;
  return etag === undefined ? modified : undefined;
}
