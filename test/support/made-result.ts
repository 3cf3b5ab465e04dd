import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { textDigest } from '../../src/shared/host/digests.ts';
import type { Result } from '../../src/shared/model/build-result.ts';
import { madeUpResult, madeUpRpm } from './made-up.ts';

/** A result whose files, in the new folder `dir`, hold `bytes`: all of its digests are right. */
export function madeResult(dir: string, key: string, bytes: string, name = 'app'): Result {
  mkdirSync(dir, { recursive: true });
  const facts = { size: bytes.length, shipDigest: textDigest(bytes) };
  const rpm = madeUpRpm(name, { ...facts, outputDigest: textDigest(`output ${bytes}`) });
  const plain = madeUpResult(name, [rpm], key);
  const result = { ...plain, components: { spec: bytes }, srpm: { ...plain.srpm, ...facts } };
  for (const { file } of [rpm, result.srpm]) writeFileSync(join(dir, file), bytes);
  return result;
}
