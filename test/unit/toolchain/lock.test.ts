import { describe, expect, it } from 'vitest';
import type { Deb } from '../../../src/shared/toolchain/debian/deb.ts';
import { type Lock, lockChanges, parseLock } from '../../../src/shared/toolchain/lock.ts';
import { mutations } from '../../support/mutations.ts';

const deb = (name: string, version = '1-1'): Deb => ({
  ...{ name, version, architecture: 'amd64', source: name, summary: name, digest: '0'.repeat(64), size: 1 },
  ...{ depends: [], provides: [] },
});

describe('the lock', () => {
  const lock = (...packages: Deb[]): Lock => ({
    schema: 'azl/toolchain-lock',
    version: 2,
    suite: 'debian 12',
    arch: 'x86_64',
    packages,
    additions: [],
  });

  it('says what an update changes', () => {
    const before = lock(deb('a'), deb('b', '1-1'), deb('c'), deb('e'));
    const after = lock(deb('a'), deb('b', '1-2'), deb('d', '3'), { ...deb('e'), digest: '1'.repeat(64) });
    expect(lockChanges(before, after)).toEqual([
      'b 1-1 → 1-2',
      'removed c 1-1',
      'added d 3',
      'e 1-1 with other content',
    ]);
    expect(lockChanges(before, before)).toEqual([]);
  });

  it('is read back as it was written', () => {
    expect(parseLock(JSON.stringify(lock(deb('a'))), 'l')).toEqual(lock(deb('a')));
  });

  it.each([
    '',
    '[]',
    'null',
    '{"schema":"azl/toolchain-lock","version":3,"packages":[]}',
    JSON.stringify(lock({ ...deb('a'), name: '--option' })),
    JSON.stringify(lock({ ...deb('a'), version: '1; rm' })),
    JSON.stringify(lock({ ...deb('a'), digest: '../../etc' })),
  ])('is refused when it is none: %s', (text) => {
    expect(() => parseLock(text, 'toolchain.lock')).toThrow(
      /toolchain\.lock.*make -C \.\.\/azl toolchain UPDATE_LOCK=1/,
    );
  });

  it('has packages in order, each once', () => {
    for (const packages of [
      [deb('b'), deb('a')],
      [deb('a'), deb('a')],
    ])
      expect(() => parseLock(JSON.stringify(lock(...packages)), 'l')).toThrow(
        /\$\.packages\[1\].*not sorted/,
      );
  });

  it('is refused with any field of another type, size or form', () => {
    const one = {
      ...deb('a'),
      depends: [[{ name: 'b', op: '>=', version: '1' }]],
      provides: [{ name: 'c', op: '=', version: '1:2~3' }],
    };
    const accepted = mutations(lock(one, deb('b'))).filter(({ document }) => {
      try {
        parseLock(JSON.stringify(document), 'l');
        return true;
      } catch (error) {
        expect((error as Error).message).toMatch(
          /^l(:\d+:\d+)?( .*)?: .*make -C \.\.\/azl toolchain UPDATE_LOCK=1/s,
        );
        return false;
      }
    });
    // What these hold is shown, or a line of text for people. A relation may lack its version.
    expect(new Set(accepted.map(({ path }) => path))).toEqual(
      new Set(
        `suite packages packages[0].summary packages[0].depends packages[0].provides
        packages[0].depends[0] packages[0].depends[0][0].op packages[0].depends[0][0].version
        packages[0].provides[0].op packages[0].provides[0].version`.split(/\s+/),
      ),
    );
    const summaries = accepted.filter(({ path }) => path.endsWith('summary')).map(({ what }) => what);
    expect(summaries.join()).not.toMatch(/\\n|\\u0000/);
  });
});
