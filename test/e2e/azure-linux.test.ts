import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Table } from '../../scripts/azure-linux/table.ts';
import { repository } from '../../scripts/build-dist.ts';
import { makeEnvironment } from '../../scripts/make-environment.ts';
import { temporaryFolders } from '../support/temporary.ts';

/** A source of which Debian 12 ships upstream's tarball, whatever is packed of it. */
const tarball = 'Try-Tiny-0.31.tar.gz';
const sha256 = '3300d31d8a4075b26d8f46ce864a1d913e0e8467ceeba6655d5d2b2e206c11be';

/** The cache is the checkout's: what an earlier run built there is not built again. */
const thisRun = randomUUID();

const spec = (name: string, install: string) => `Name: ${name}
Version: 1
Release: 1%{?dist}
Summary: A package of ${thisRun}
License: MIT
Source0: https://sources.invalid/${tarball}
BuildArch: noarch
%description
A package.
%install
install -D %{SOURCE0} %{buildroot}/usr/share/${name}/data
${install}
%files
/usr/share/${name}
`;

const temporaryDir = temporaryFolders();

describe('make azure-linux', () => {
  it('builds the specs of a checkout whose sources Debian ships, and says what became of each', async () => {
    const dir = temporaryDir();
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), text);
    };
    for (const [name, install] of [
      ['packed', ''],
      ['broken', 'exit 3'],
      ['other', ''],
    ] as const) {
      write(`SPECS/${name}/${name}.spec`, spec(name, install));
      write(`SPECS/${name}/${name}.signatures.json`, JSON.stringify({ Signatures: { [tarball]: sha256 } }));
    }
    write('toolkit/resources/manifests/package/macro_packages.txt', 'lua\n');
    // Asynchronous: a process of tests that answers nobody for a minute is taken for a dead one.
    const options = { cwd: repository, env: makeEnvironment(), maxBuffer: 64 * 1024 ** 2 };
    const run = async (...variables: string[]) =>
      (await promisify(execFile)('make', ['azure-linux', `TREE=${dir}`, ...variables], options)).stdout;
    expect(await run('ONLY=packed broken')).toContain('1 of 2 specs are built (50.0 %), 1 failed');
    const table = JSON.parse(
      readFileSync(join(repository, 'build/azure-linux/out/azure-linux.json'), 'utf8'),
    ) as Table;
    expect(table.rows.map((row) => [row.spec, row.state])).toEqual([
      ['broken', 'failed'],
      ['packed', 'built'],
    ]);
    expect(await run('ONLY=packed broken')).toContain('1 of 2 specs are built');
    const sharded = await run('ONLY=packed broken other', 'SHARDS=2');
    expect(sharded).toMatch(/^shard-[12]: other: building /m);
    expect(sharded).toContain('2 of 3 specs are built (66.7 %), 1 failed');
  });
});
