import { defineConfig } from 'vitest/config';

/**
 * One project for each layer of docs/testing: what is real grows from unit to e2e.
 * @param files test files that run at once; each has folders and services of its own
 */
const layer = (name: string, testTimeout: number, files?: number) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: testTimeout,
    ...(files === undefined ? {} : { maxWorkers: files }),
  },
});

export default defineConfig({
  test: {
    projects: [
      layer('unit', 30_000),
      layer('integration', 300_000, 2),
      layer('bundle', 300_000, 2),
      layer('e2e', 2_400_000, 3),
      layer('act', 2_400_000, 1),
    ],
  },
});
