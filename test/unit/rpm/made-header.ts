/** A tag to be written: `[tag, type, values]`, type as in rpm's format. */
export type MadeTag = [tag: number, type: number, values: string[] | number[] | Buffer];

/** Bytes of a header structure with these tags, in this order. */
export function headerBytes(made: MadeTag[]): Buffer {
  const index: Buffer[] = [];
  let store = Buffer.alloc(0);
  for (const [tag, type, values] of made) {
    const align = { 3: 2, 4: 4, 5: 8 }[type] ?? 1;
    store = Buffer.concat([store, Buffer.alloc((align - (store.length % align)) % align)]);
    const entry = Buffer.alloc(16);
    entry.writeInt32BE(tag, 0);
    entry.writeUInt32BE(type, 4);
    entry.writeUInt32BE(store.length, 8);
    entry.writeUInt32BE(values.length, 12);
    index.push(entry);
    store = Buffer.concat([store, ...[...values].map((value) => valueBytes(type, value))]);
  }
  const intro = Buffer.from('8eade8010000000000000000ffffffff', 'hex');
  intro.writeUInt32BE(made.length, 8);
  intro.writeUInt32BE(store.length, 12);
  return Buffer.concat([intro, ...index, store]);
}

/** Bytes of an RPM file's front (no payload) around a main header. */
export function frontBytes(main: MadeTag[], signature: MadeTag[] = [[1000, 4, [1]]]): Buffer {
  const lead = Buffer.alloc(96);
  lead.writeUInt32BE(0xedabeedb, 0);
  lead[4] = 3;
  const sig = headerBytes(signature);
  return Buffer.concat([lead, sig, Buffer.alloc((8 - (sig.length % 8)) % 8), headerBytes(main)]);
}

function valueBytes(type: number, value: string | number): Buffer {
  if (typeof value === 'string') return Buffer.from(`${value}\0`);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes.subarray(8 - ({ 3: 2, 4: 4, 5: 8 }[type] ?? 1));
}
