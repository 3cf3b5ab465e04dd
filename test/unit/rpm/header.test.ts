import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFront, RpmFormatError } from '../../../src/shared/rpm/header.ts';
import { rpmFacts } from '../../../src/shared/rpm/read.ts';
import { decodeTag } from '../../../src/shared/rpm/tag-values.ts';
import { frontBytes, headerBytes, type MadeTag } from './made-header.ts';

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
  it('gives back values of every type', () => {
    const { main, isSource, payload } = parseFront(frontBytes(sample));
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
    expect(await rpmFacts(parseFront(frontBytes(sample)).main)).toMatchObject({
      ...{ name: 'foo', file: 'foo-1.0-1.x86_64.rpm' },
      epoch: 7,
      provides: ['bar', 'foo = 7:1.0-1'],
      requires: ['(x if y)', 'b >= 2'],
      files: ['/usr/a', '/usr/b'],
      folders: ['/d'],
    });
  });

  it('keeps every byte of text that is no UTF-8', () => {
    const bytes = frontBytes([[1000, 6, ['x?']]]);
    bytes[bytes.length - 16 - 2] = 0xe9;
    expect(decodeTag(parseFront(bytes).main.tags[0] as never)).toEqual({ type: 'string', values: ['xé'] });
  });
});

describe('a hostile file', () => {
  const facts = async (bytes: Buffer) => await rpmFacts(parseFront(bytes).main);
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

  it('cannot make us take what its size does not hold', () => {
    for (const [at, value] of [
      [8, 0xffffffff],
      [12, 0xffffffff],
      [12, 0x0fffffff],
      [28, 0x7fffffff],
    ] as const) {
      const header = headerBytes([[1000, 4, [1]]]);
      header.writeUInt32BE(value, at);
      const bytes = frontBytes([]);
      expect(() => parseFront(Buffer.concat([bytes.subarray(0, bytes.length - 16), header]))).toThrow(
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
