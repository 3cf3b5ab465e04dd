import { realpathSync } from 'node:fs';
import { expect, it } from 'vitest';
import { repository } from '../../../scripts/build-dist.ts';
import { runTool } from '../../../src/shared/host/process.ts';

it('make test ends with its verdict where what it needs cannot be installed', async () => {
  // This host, without rpmbuild and with an apt that brings nothing.
  const broken = [
    ...['--dev-bind', '/', '/', '--ro-bind', '/dev/null', realpathSync('/usr/bin/rpmbuild')],
    ...['apt-get', 'apt-cache'].flatMap((name) => ['--ro-bind', '/usr/bin/false', `/usr/bin/${name}`]),
  ];
  const argv = ['bwrap', ...broken, '--', process.execPath, 'scripts/test.ts'];
  const { code, stdout, stderr } = await runTool(argv, { cwd: repository, root: true, ok: 'any' });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^Failed: what the tests need\n0 passed, 1 failed\n$/m);
  expect(stderr).toMatch(/^error: apt-get update ended with 1[^\n]*\n$/);
});
