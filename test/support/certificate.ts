import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runShortTool } from '../../src/shared/host/short-tool.ts';

/** Makes the certificate of an authority, and one of it for 127.0.0.1 and example.invalid, in `dir`. */
export async function testCertificate(dir: string) {
  const openssl = (...argv: string[]) => runShortTool(['openssl', ...argv], { cwd: dir });
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '30',
  ];
  await openssl(...request, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=azl test authority');
  await writeFile(join(dir, 'names'), 'subjectAltName=IP:127.0.0.1,DNS:example.invalid\n');
  const leaf = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await openssl(...leaf, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=azl test server');
  const sign = ['x509', '-req', '-in', 'request.pem', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '30'];
  await openssl(...sign, '-extfile', 'names', '-out', 'cert.pem');
  const read = (name: string) => readFile(join(dir, name), 'utf8');
  return { authority: await read('ca.pem'), key: await read('key.pem'), cert: await read('cert.pem') };
}
