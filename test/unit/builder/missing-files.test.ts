import { expect, it } from 'vitest';
import { missingNote } from '../../../src/shared/builder/missing-files.ts';

const installed = [
  '/usr/bin/app',
  '/usr/lib/libapp.so.2.1',
  '/usr/lib/libapp.so',
  '/usr/lib64/python3.11/site-packages/app.py',
  '/usr/share/man/man1/app.1.gz',
  '/usr/share/doc/README.md',
];

it.each([
  ['/usr/sbin/app', '/usr/bin/app'],
  ['/usr/lib64/libapp.so', '/usr/lib/libapp.so'],
  ['/usr/lib64/libapp.so.1', '/usr/lib/libapp.so, /usr/lib/libapp.so.2.1'],
  ['/usr/lib/python3.12/site-packages/app.py', '/usr/lib64/python3.11/site-packages/app.py'],
  ['/usr/share/man/man1/app.1', '/usr/share/man/man1/app.1.gz'],
  ['/usr/share/doc/app/readme.md', '/usr/share/doc/README.md'],
  ['/usr/lib64/libapp*.so', '/usr/lib/libapp.so, /usr/lib/libapp.so.2.1'],
])('of %s there is %s', (path, found) => {
  expect(missingNote(path, installed)).toBe(`${path} is not there. Of that name: ${found}`);
});

it.each(['/usr/bin/other', '/usr/lib64/*', '/usr/lib64/li*'])('of %s there is nothing', (path) => {
  expect(missingNote(path, installed)).toBe(`${path} is not there, nor anything of that name`);
});

it('lists few, and counts the others', () => {
  const many = Array.from({ length: 9 }, (_, at) => `/usr/share/${at}/app.conf`);
  expect(missingNote('/etc/app.conf', many)).toMatch(/: \/usr\/share\/0\/app\.conf, .* and 4 more$/);
});
