import { defineConfig } from 'vitest/config';

/** One project for each layer of docs/testing: what is real grows from unit to e2e. */
const layer = (name: string, testTimeout: number, alone = false) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: testTimeout,
    ...(alone ? { fileParallelism: false } : {}),
  },
});

export default defineConfig({
  test: {
    projects: [
      layer('unit', 30_000),
      layer('integration', 300_000, true),
      layer('bundle', 300_000, true),
      layer('e2e', 2_400_000, true),
      layer('act', 2_400_000, true),
    ],
  },
});
