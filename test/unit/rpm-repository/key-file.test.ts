import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { fetchKey, isPublicKey } from '../../../src/shared/repositories/key-file.ts';
import { makeDownloader } from '../../../src/shared/sources/download.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const temporary = temporaryFolders();
const armour = 'A comment\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ\n-----END PGP PUBLIC KEY BLOCK-----\n';

describe('a public key', () => {
  it.each([
    [armour, true],
    [armour.replaceAll('\n', '\r\n'), true],
    [armour.replaceAll('PUBLIC', 'PRIVATE'), false],
    ['\u0099\u0001', true],
    ['root:*:1:0:99999:7:::\n', false],
    ['<!DOCTYPE html>', false],
    ['', false],
  ])('%j: %j', (text, expected) => expect(isPublicKey(Buffer.from(text, 'latin1'))).toBe(expected));
});

describe('the key of a .repo file', () => {
  const dir = temporary();
  const at = (name: string) => join(dir, name);
  const fetched = async (place: string) => {
    const reason = await fetchKey(place, at('copy'), makeDownloader());
    expect(existsSync(at('copy'))).toBe(reason === undefined);
    return reason;
  };

  beforeAll(() => {
    symlinkSync('/etc/passwd', at('link'));
    execFileSync('mkfifo', [at('pipe')]);
    writeFileSync(at('large'), armour);
    truncateSync(at('large'), 2 ** 30);
  });

  it.each([
    ['a file with secrets', '/etc/passwd', 'is not a public key'],
    ['a link to one', at('link'), 'is not a public key'],
    ['a device', '/dev/zero', 'is no regular file'],
    ['a folder', dir, 'is no regular file'],
    ['a pipe', at('pipe'), 'is no regular file'],
    ['a large file', at('large'), 'is larger than the limit of 1 MB'],
    ['no file', at('none'), 'cannot be read (ENOENT)'],
  ])('is not copied when it is %s', async (_name, place, expected) => {
    expect(await fetched(place)).toBe(expected);
  });

  it('is copied', async () => {
    writeFileSync(at('key'), armour);
    expect(await fetched(at('key'))).toBeUndefined();
    expect(readFileSync(at('copy'), 'utf8')).toBe(armour);
  });
});
