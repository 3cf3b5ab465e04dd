import { createHash } from 'node:crypto';

/** Block blobs, as far as signed addresses lead to them. */
export class Blobs {
  private readonly whole = new Map<string, Buffer>();
  private readonly blocks = new Map<string, Map<string, Buffer>>();

  /** One PUT with all of it. */
  put(name: string, bytes: Buffer): void {
    this.whole.set(name, bytes);
  }

  /** One block of it, not in any order. */
  putBlock(name: string, id: string, bytes: Buffer): void {
    const blocks = this.blocks.get(name) ?? new Map<string, Buffer>();
    this.blocks.set(name, blocks.set(id, bytes));
  }

  /** The order of its blocks, which makes it whole. @returns false when a block is missing */
  commit(name: string, xml: string): boolean {
    const blocks = this.blocks.get(name) ?? new Map<string, Buffer>();
    const ids = [...xml.matchAll(/<(?:Latest|Uncommitted|Committed)>([^<]*)</g)].map(
      ([, id]) => id as string,
    );
    const parts = ids.map((id) => blocks.get(id));
    if (parts.some((part) => part === undefined)) return false;
    this.whole.set(name, Buffer.concat(parts as Buffer[]));
    this.blocks.delete(name);
    return true;
  }

  get(name: string): Buffer | undefined {
    return this.whole.get(name);
  }

  digest(name: string): string | undefined {
    const bytes = this.whole.get(name);
    return bytes === undefined ? undefined : `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  }
}
