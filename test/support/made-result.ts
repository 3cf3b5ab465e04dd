import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyOf } from '../../src/shared/cache-key/key.ts';
import { textDigest } from '../../src/shared/host/digests.ts';
import type { Components, Result } from '../../src/shared/model/build-result.ts';
import type { Rpm } from '../../src/shared/model/rpm.ts';
import { readRpm } from '../../src/shared/rpm/read.ts';
import { frontBytes, headerBytes, type MadeTag } from './made-header.ts';
import { madeUpResult } from './made-up.ts';

const madeKeys = new Map<string, Components>();

/** A key whose components {@link madeResult} knows: those of a made-up spec. */
export function madeKey(spec: string): string {
  const components = { spec };
  const key = keyOf(components);
  madeKeys.set(key, components);
  return key;
}

/** Writes a small RPM file that rpm/read.ts accepts into `dir`. @param text its payload */
export async function madeRpm(dir: string, name: string, text: string): Promise<Rpm> {
  const payload = Buffer.from(text);
  const word = (tag: number, value: string): MadeTag => [tag, 6, [value]];
  const main: MadeTag[] = [
    ...[word(1000, name), word(1001, '1.0'), word(1002, '1'), word(1022, 'x86_64')],
    word(1044, `${name}-1.0-1.src.rpm`),
    [1047, 8, [name]],
    [1112, 4, [8]],
    [1113, 8, ['1.0-1']],
    [5092, 8, [textDigest(payload)]],
    [5093, 4, [8]],
  ];
  const header = headerBytes(main);
  const size = header.length + payload.length;
  const front = frontBytes(main, [word(273, textDigest(header)), [1000, 4, [size]]]);
  const path = join(dir, `${name}-1.0-1.x86_64.rpm`);
  writeFileSync(path, Buffer.concat([front, payload]));
  return await readRpm(path);
}

/**
 * A result whose files lie in the new folder `dir`: all of its digests are right. Its SRPM holds `bytes`.
 * @param key one that {@link madeKey} made
 */
export async function madeResult(dir: string, key: string, bytes: string, name = 'app'): Promise<Result> {
  mkdirSync(dir, { recursive: true });
  const rpm = await madeRpm(dir, name, bytes);
  const srpm = { file: `${name}-1.0-1.src.rpm`, size: bytes.length, shipDigest: textDigest(bytes) };
  writeFileSync(join(dir, srpm.file), bytes);
  const components = madeKeys.get(key);
  if (components === undefined) throw new Error(`madeKey made no key ${key}`);
  return { ...madeUpResult(name, [rpm], key), components, srpm };
}
