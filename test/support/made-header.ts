import type { Header } from '../../src/shared/rpm/header.ts';

/** A tag to be written: `[tag, type, values]`, type as in rpm's format. */
export type MadeTag = [tag: number, type: number, values: string[] | number[] | Buffer];

/** A region of a header: that of a signature, or of a main header. */
export type Region = 62 | 63;

/** Bytes of a header with these tags, in this order, in a region. */
export function headerBytes(made: MadeTag[], region: Region = 63): Buffer {
  const index: Buffer[] = [];
  let store = Buffer.alloc(0);
  for (const [tag, type, values] of made) {
    const align = { 3: 2, 4: 4, 5: 8 }[type] ?? 1;
    store = Buffer.concat([store, Buffer.alloc((align - (store.length % align)) % align)]);
    index.push(entryBytes(tag, type, store.length, values.length));
    store = Buffer.concat([store, ...valuesOf(type, values)]);
  }
  const trailer = entryBytes(region, 7, -(made.length + 1) * 16, 16);
  const first = entryBytes(region, 7, store.length, 16);
  const intro = Buffer.from('8eade8010000000000000000ffffffff', 'hex');
  intro.writeUInt32BE(made.length + 1, 8);
  intro.writeUInt32BE(store.length + 16, 12);
  return Buffer.concat([intro, first, ...index, store, trailer]);
}

/** A header of tags of any type, also of those that no file may have. */
export function madeHeader(made: MadeTag[]): Pick<Header, 'tags'> {
  return {
    tags: made.map(([tag, type, values]) => {
      return { tag, type, count: values.length, data: Buffer.concat(valuesOf(type, values)) };
    }),
  };
}

/** Bytes of an RPM file's front (no payload) around a main header. */
export function frontBytes(main: MadeTag[], signature: MadeTag[] = [[1000, 4, [1]]]): Buffer {
  const lead = Buffer.alloc(96);
  lead.writeUInt32BE(0xedabeedb, 0);
  lead[4] = 3;
  // rpm takes a header without the name of an SRPM for that of one.
  if (!main.some(([tag]) => tag === 1044)) lead[7] = 1;
  lead[79] = 5;
  const sig = headerBytes(signature, 62);
  return Buffer.concat([lead, sig, Buffer.alloc((8 - (sig.length % 8)) % 8), headerBytes(main)]);
}

function entryBytes(tag: number, type: number, offset: number, count: number): Buffer {
  const entry = Buffer.alloc(16);
  for (const [at, value] of [tag, type, offset, count].entries()) entry.writeInt32BE(value, at * 4);
  return entry;
}

function valuesOf(type: number, values: MadeTag[2]): Buffer[] {
  return [...values].map((value) => valueBytes(type, value));
}

function valueBytes(type: number, value: string | number): Buffer {
  if (typeof value === 'string') return Buffer.from(`${value}\0`);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes.subarray(8 - ({ 3: 2, 4: 4, 5: 8 }[type] ?? 1));
}
