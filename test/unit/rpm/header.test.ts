import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFront, RpmFormatError } from '../../../src/shared/rpm/header.ts';
import { rpmFacts } from '../../../src/shared/rpm/read.ts';
import { decodeTag } from '../../../src/shared/rpm/tag-values.ts';
import { frontBytes, headerBytes, type MadeTag } from '../../support/made-header.ts';

const sample: MadeTag[] = [
  [1000, 6, ['foo']],
  [1001, 6, ['1.0']],
  [1002, 6, ['1']],
  [1003, 4, [7]],
  [1004, 9, ['text', 'Wört']],
  [1022, 6, ['x86_64']],
  [1030, 3, [0o040755, 0o100644, 0o120777]],
  [1044, 6, ['foo-1.0-1.src.rpm']],
  [1047, 8, ['foo', 'bar']],
  [1112, 4, [8, 0]],
  [1113, 8, ['7:1.0-1', '']],
  [1049, 8, ['rpmlib(X)', 'b', '(x if y)', 'b']],
  [1048, 4, [(1 << 24) | 10, 12, 0, 12 | 512]],
  [1050, 8, ['4', '2', '', '2']],
  [1116, 4, [1, 0, 0]],
  [1117, 8, ['d', 'b', 'a']],
  [1118, 8, ['/usr/', '/']],
  [5008, 5, [1, 2, 3]],
  [5999, 7, Buffer.from([1, 2])],
  [5998, 2, [1]],
];

describe('a header', () => {
  it('gives back values of every type', async () => {
    const { main, isSource, payload } = await parseFront(frontBytes(sample));
    expect(isSource).toBe(false);
    expect(payload).toBe(frontBytes(sample).length);
    expect(main.tags.map((tag) => decodeTag(tag))).toEqual(
      sample.map(([, , values]) =>
        Buffer.isBuffer(values)
          ? { type: 'bin', bytes: values }
          : expect.objectContaining({
              values:
                typeof values[0] === 'number' && values.length === 3 && values[0] === 1 && values[2] === 3
                  ? [1n, 2n, 3n]
                  : values,
            }),
      ),
    );
  });

  it('tells what an RPM is', async () => {
    expect(await rpmFacts((await parseFront(frontBytes(sample))).main)).toMatchObject({
      ...{ name: 'foo', file: 'foo-1.0-1.x86_64.rpm' },
      epoch: 7,
      provides: ['bar', 'foo = 7:1.0-1'],
      requires: ['(x if y)', 'b >= 2'],
      files: ['/usr/a', '/usr/b'],
      folders: ['/d'],
    });
  });

  it('keeps every byte of text that is no UTF-8', async () => {
    const bytes = frontBytes([[1000, 6, ['x?']]]);
    bytes[bytes.length - 16 - 2] = 0xe9;
    expect(decodeTag((await parseFront(bytes)).main.tags[0] as never)).toEqual({
      type: 'string',
      values: ['xé'],
    });
  });
});

describe('a hostile file', () => {
  const facts = async (bytes: Buffer) => await rpmFacts((await parseFront(bytes)).main);
  const wrong =
    (...change: MadeTag[]) =>
    () =>
      facts(frontBytes([...sample.filter(([tag]) => !change.some(([other]) => other === tag)), ...change]));

  it.each<[string, () => unknown, RegExp]>([
    ['empty', () => parseFront(Buffer.alloc(0)), /ends too early/],
    ['text', () => parseFront(Buffer.alloc(500, 'hello')), /does not start/],
    ['cut', () => parseFront(frontBytes(sample).subarray(0, 300)), /ends too early/],
    ['name with a slash', wrong([1000, 6, ['../x']]), /tag 1000 is "\.\.\/x"/],
    ['name with a newline', wrong([1000, 6, ['a\nb']]), /tag 1000/],
    ['name as number', wrong([1000, 4, [1]]), /tag 1000 of the main header has type 4/],
    ['no name', wrong([1000, 8, ['']]), /tag 1000 is missing/],
    ['a tag without values', wrong([1000, 8, []]), /tag 1000 of the main header is empty/],
    [
      'a tag twice',
      () =>
        parseFront(
          frontBytes([
            [1000, 6, ['a']],
            [1000, 6, ['b']],
          ]),
        ),
      /twice/,
    ],
    ['lists that differ', wrong([1048, 4, [0]]), /differ in length/],
    ['a folder that is not there', wrong([1116, 4, [1, 0, 9]]), /has no folder/],
    ['too few modes', wrong([1030, 3, [1]]), /list of files/],
    ['an unknown type', () => parseFront(frontBytes([[1000, 12, ['a']]])), /unknown type 12/],
  ])('%s is refused in words', async (_, read, message) => {
    const error = await Promise.resolve()
      .then(read)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RpmFormatError);
    expect((error as Error).message).toMatch(message);
  });

  /** A sound front with bytes changed, by offset in its main header. Its index begins at 16. */
  const changed = (...changes: [at: number, value: number][]) => {
    const bytes = frontBytes(sample);
    const main = bytes.length - headerBytes(sample).length;
    for (const [at, value] of changed32(changes)) bytes.writeUInt32BE(value, main + at);
    return () => parseFront(bytes);
  };
  const changed32 = (changes: [number, number][]) => changes.map(([at, value]) => [at, value >>> 0] as const);
  const entry = (index: number, field: 'tag' | 'type' | 'offset' | 'count') =>
    16 + index * 16 + ['tag', 'type', 'offset', 'count'].indexOf(field) * 4;

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['that is at the values of another', changed([entry(2, 'offset'), 0]), /does not follow the one before/],
    ['that leaves a gap', changed([entry(1, 'offset'), 2]), /tag 1000 of the main header does not follow/],
    ['that is before the values', changed([entry(1, 'offset'), -1]), /does not follow/],
    ['with more texts than there are', changed([entry(20, 'count'), 1e5]), /a text without an end|beyond/],
    ['with a million texts', changed([entry(5, 'count'), 1 << 20]), /1048576 texts, of at most 131072/],
    ['with more numbers than rpm takes', changed([entry(4, 'count'), 1 << 20]), /1048576 numbers/],
    ['of a region', changed([entry(1, 'tag'), 63]), /the main header has tag 63/],
    ['of a signature', changed([entry(1, 'tag'), 273]), /the main header has tag 273/],
    ['below zero', changed([entry(1, 'tag'), -5]), /has tag -5/],
    ['of no type', changed([entry(1, 'type'), 0]), /unknown type 0/],
  ])('cannot have a tag %s', async (_what, read, message) => {
    await expect(read()).rejects.toThrow(message);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['no region', changed([entry(0, 'tag'), 1]), /does not begin with a region/],
    ['a region of a part of it', changed([entry(0, 'offset'), 16]), /does not begin with a region of all/],
    ['a reserved number', changed([4, 1]), /no magic number/],
    ['too many entries', changed([8, 1025]), /1025 entries, of at most 1024/],
    ['too much data', changed([12, (32 << 20) + 1]), /33554433 bytes of data, of at most 33554432/],
    ['an SRPM without its lead', () => parseFront(withLead(7, 1)), /differ in whether it is a source RPM/],
    ['the lead of RPM 6', () => parseFront(withLead(4, 4)), /format of RPM 6, .* with `_rpmformat 4`/],
    ['another signature type', () => parseFront(withLead(79, 1)), /signature type 1 instead of 5/],
    [
      'a digest that is none',
      () => parseFront(frontBytes(sample, [[273, 6, ['abc']]])),
      /tag 273 of the signature header is not what rpm makes/,
    ],
    [
      'more signatures than rpm takes',
      () =>
        parseFront(
          frontBytes(
            sample,
            Array.from({ length: 32 }, (_, i) => [500 + i, 4, [1]]),
          ),
        ),
      /the signature header has 33 entries, of at most 32/,
    ],
  ])('cannot have %s', async (_what, read, message) => {
    await expect(read()).rejects.toThrow(message);
  });

  function withLead(at: number, value: number): Buffer {
    const bytes = frontBytes(sample);
    bytes[at] = value;
    return bytes;
  }

  it.each<[string, MadeTag[], RegExp]>([
    ['a version with a dash', [[1001, 6, ['1-0']]], /tag 1001 is "1-0"/],
    ['an architecture with a dot', [[1022, 6, ['a.b']]], /tag 1022 is "a\.b"/],
    ['an SRPM that is none', [[1044, 6, ['foo-1.0-1.rpm']]], /tag 1044 is/],
    ['a path that leads up', [[1118, 8, ['/usr/', '/../']]], /it has the path "\/\.\.\/d"/],
    ['a path that is relative', [[1118, 8, ['/usr/', 'etc/']]], /it has the path "etc\/d"/],
    ['a path without end', [[1118, 8, ['/usr/', `/${'x'.repeat(5000)}/`]]], /its paths are too long/],
    ['a digest too few', [[1035, 8, ['']]], /list of files is not whole/],
    [
      'a requirement without end',
      [[1049, 8, ['rpmlib(X)', 'b', `(${'a '.repeat(9000)})`, 'b']]],
      /tag 1049 has a text of 18002 bytes/,
    ],
  ])('cannot have %s', async (_what, change, message) => {
    const others = sample.filter(([tag]) => !change.some(([other]) => other === tag));
    await expect(facts(frontBytes([...others, ...change]))).rejects.toThrow(message);
  });

  it('cannot make us take what its size does not hold', async () => {
    for (const [at, value] of [
      [8, 0xffffffff],
      [12, 0xffffffff],
      [12, 0x0fffffff],
      [28, 0x7fffffff],
    ] as const) {
      const header = headerBytes([[1000, 4, [1]]]);
      header.writeUInt32BE(value, at);
      const bytes = frontBytes([]);
      await expect(parseFront(Buffer.concat([bytes.subarray(0, bytes.length - 16), header]))).rejects.toThrow(
        RpmFormatError,
      );
    }
  });

  it('with any bytes flipped is read or refused, never more', async () => {
    const whole = frontBytes(sample);
    const flip = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(
        fc.array(flip, { minLength: 1, maxLength: 6 }),
        fc.nat(whole.length),
        async (flips, cut) => {
          const bytes = Buffer.from(whole);
          for (const [at, value] of flips) bytes[at] = value;
          for (const part of [bytes, bytes.subarray(0, cut)]) {
            try {
              await facts(part);
            } catch (error) {
              expect(error).toBeInstanceOf(RpmFormatError);
            }
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});
