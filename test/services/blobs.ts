import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Answer } from './answer.ts';

/** Block blobs, as far as signed addresses lead to them. */
export class Blobs {
  private readonly whole = new Map<string, Buffer>();
  private readonly types = new Map<string, string>();
  private readonly blocks = new Map<string, Map<string, Buffer>>();
  private readonly address: () => string;

  constructor(address: () => string) {
    this.address = address;
  }

  /** The address of a blob, which lets anybody read and write it. */
  signed(name: string): string {
    const path = name.split('/').map(encodeURIComponent).join('/');
    return `${this.address()}/blobs/${path}?sig=a-signature&se=2030-01-01`;
  }

  /** One PUT with all of it. `type`: its `x-ms-blob-content-type`. */
  put(name: string, bytes: Buffer, type?: string): void {
    this.whole.set(name, bytes);
    if (type !== undefined) this.types.set(name, type);
  }

  /** One block of it, not in any order. */
  putBlock(name: string, id: string, bytes: Buffer): void {
    const blocks = this.blocks.get(name) ?? new Map<string, Buffer>();
    this.blocks.set(name, blocks.set(id, bytes));
  }

  /** The order of its blocks, which makes it whole. @returns false when a block is missing */
  commit(name: string, xml: string, type?: string): boolean {
    const blocks = this.blocks.get(name) ?? new Map<string, Buffer>();
    const ids = [...xml.matchAll(/<(?:Latest|Uncommitted|Committed)>([^<]*)</g)].map(
      ([, id]) => id as string,
    );
    const parts = ids.map((id) => blocks.get(id));
    if (parts.some((part) => part === undefined)) return false;
    this.put(name, Buffer.concat(parts as Buffer[]), type);
    this.blocks.delete(name);
    return true;
  }

  get(name: string): Buffer | undefined {
    return this.whole.get(name);
  }

  remove(name: string): void {
    this.whole.delete(name);
    this.blocks.delete(name);
  }

  /** The type that it is sent with. */
  type(name: string): string {
    return this.types.get(name) ?? 'application/octet-stream';
  }

  digest(name: string): string | undefined {
    const bytes = this.whole.get(name);
    return bytes === undefined ? undefined : `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  }
}

/** Answers a call of a signed address. */
export function blobAnswer(blobs: Blobs, request: IncomingMessage, url: URL, bytes: Buffer): Answer {
  const [, name] = /^\/blobs\/(.+)$/.exec(decodeURIComponent(url.pathname)) ?? [];
  if (name === undefined) return { status: 404 };
  if (!url.searchParams.has('sig')) return { status: 403 };
  if (request.method === 'PUT') {
    const part = url.searchParams.get('comp');
    const type = request.headers['x-ms-blob-content-type'] as string | undefined;
    if (part === 'block') blobs.putBlock(name, url.searchParams.get('blockid') ?? '', bytes);
    else if (part === 'blocklist') {
      if (!blobs.commit(name, bytes.toString('utf8'), type)) return { status: 400 };
    } else if (request.headers['x-ms-blob-type'] === 'BlockBlob') blobs.put(name, bytes, type);
    else return { status: 400 };
    return { status: 201, headers: { etag: '"1"', 'x-ms-request-id': 'x' } };
  }
  const whole = blobs.get(name);
  if (whole === undefined) return { status: 404 };
  const file = name.replace(/^.*\//, '');
  const headers = {
    'content-type': blobs.type(name),
    'content-disposition': `attachment; filename="${file}"; filename*=UTF-8''${encodeURIComponent(file)}`,
  };
  return { status: 200, bytes: whole, headers };
}
