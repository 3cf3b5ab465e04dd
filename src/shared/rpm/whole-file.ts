import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Rpm } from '../model/rpm.ts';
import { RpmFormatError, type RpmFront } from './header.ts';
import { numbersOf, textsOf } from './tag-values.ts';
import { tags } from './tags.ts';

const sha256 = 8;
/** rpm's names of what the digests are over. */
const parts = { header: 'header', payload: 'payload', both: 'header and payload' } as const;

/** A digest that an RPM states of a part of itself. */
interface Declared {
  of: keyof typeof parts;
  algorithm: 'sha256' | 'sha1' | 'md5';
  digest: string;
}

/**
 * Reads a whole RPM file once. Compares all digests that it states of its header and its payload, and its size, with its
 * bytes, as rpm does: so nothing follows the payload. Signatures are not looked at.
 * @returns its size, and the SHA-256 of all of it
 * @throws RpmFormatError also for a file without SHA-256 of header and payload, as rpm made them before 4.14
 */
export async function checkFile(
  file: FileHandle,
  front: RpmFront,
): Promise<Pick<Rpm, 'size' | 'shipDigest'>> {
  const declared = declaredDigests(front);
  const ship = createHash('sha256');
  const hashes: { hash: Hash; from: number }[] = [{ hash: ship, from: 0 }];
  const digests = declared.map(({ of, algorithm }) => {
    const hash = createHash(algorithm);
    if (of === 'header') hash.update(front.main.bytes);
    else hashes.push({ hash, from: of === 'payload' ? front.payload : front.start });
    return hash;
  });
  let size = 0;
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) {
    for (const { hash, from } of hashes) hash.update(from > size ? chunk.subarray(from - size) : chunk);
    size += chunk.length;
  }
  checkSize(front, size);
  for (const [index, { of, algorithm, digest }] of declared.entries()) {
    const actual = digests[index]?.digest('hex');
    if (actual !== digest.toLowerCase())
      throw new RpmFormatError(
        `the ${algorithm} of its ${parts[of]} is ${actual}, not ${digest} as it states`,
      );
  }
  return { size, shipDigest: ship.digest('hex') };
}

function declaredDigests({ signature, main }: RpmFront): Declared[] {
  const header = textsOf(signature, tags.sha256Header)[0];
  const payload = textsOf(main, tags.payloadDigest)[0];
  const algorithm = numbersOf(main, tags.payloadDigestAlgo)[0];
  if (header === undefined || payload === undefined || algorithm !== sha256)
    throw new RpmFormatError('it states no SHA-256 of its header and its payload, as rpm does since 4.14');
  const sha1 = textsOf(signature, tags.sha1Header)[0];
  const md5 = signature.tags.find(({ tag }) => tag === tags.sigMd5Whole);
  return [
    { of: 'header', algorithm: 'sha256', digest: header },
    { of: 'payload', algorithm: 'sha256', digest: payload },
    ...(sha1 === undefined ? [] : [{ of: 'header', algorithm: 'sha1', digest: sha1 } as const]),
    ...(md5 === undefined
      ? []
      : [{ of: 'both', algorithm: 'md5', digest: md5.data.toString('hex') } as const]),
  ];
}

/** Compares the size of header and payload, where it is declared, with that of the file. @throws RpmFormatError */
function checkSize({ signature, start }: RpmFront, size: number): void {
  for (const tag of [tags.sigSize, tags.longSize]) {
    for (const bytes of numbersOf(signature, tag)) {
      if (bytes !== size - start)
        throw new RpmFormatError(
          `its header and payload have ${size - start} bytes, not ${bytes} as it states`,
        );
    }
  }
}
