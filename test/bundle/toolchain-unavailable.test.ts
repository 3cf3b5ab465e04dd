import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lookUp, making, parts, toolchainJobs } from '../support/toolchain-jobs.ts';

const { services, machine, toolchain } = toolchainJobs();

it('a toolchain is not found where the cache answers 429: on-store-error says what that means', async () => {
  services().fail({ call: lookUp, times: Number.POSITIVE_INFINITY, status: 429 });
  const dirs = { fail: await machine(parts), build: await machine(parts) };
  const [failed, built] = await Promise.all([
    toolchain(dirs.fail),
    toolchain(dirs.build, { 'on-store-error': 'build' }),
  ]);
  const trouble = /The toolchain of earlier runs cannot be fetched.*429/;
  expect(failed.code).toBe(1);
  expect(failed.said).toMatch(trouble);
  expect(failed.said).toMatch(/^::error::.*set on-store-error: build to build what is unknown/m);
  expect(existsSync(join(dirs.fail, 'build/cache/toolchain'))).toBe(false);
  expect(built.code, built.said).toBe(0);
  expect(built.said).toMatch(trouble);
  expect(built.said).toMatch(making);
});
