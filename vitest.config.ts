import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, the longest first. If one began last, one of two cores would be idle at the end. */
const longest = [
  ...[
    'e2e/kills',
    'e2e/image',
    'e2e/cutoff',
    'e2e/first-minutes',
    'e2e/edits',
    'e2e/store-reuse',
    'e2e/shards-killed',
    'e2e/artifacts-unavailable',
  ],
  ...['e2e/full-disk', 'e2e/store-unavailable', 'e2e/shards', 'e2e/publishing', 'e2e/artifacts'],
  ...['e2e/artifacts-attempts', 'e2e/packages', 'e2e/wrong-first-steps', 'e2e/documented-commands'],
  ...['integration/image/compose', 'integration/github/actions-cache', 'integration/services/caches'],
  ...['integration/cli/chain', 'bundle/toolchain', 'bundle/toolchain-unavailable'],
].map((name) => join(import.meta.dirname, `test/${name}.test.ts`));
for (const file of longest) if (!existsSync(file)) throw new Error(`vitest.config.ts: there is no ${file}`);

/** The order in which the files of a layer begin. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = longest.indexOf(moduleId);
      return at === -1 ? longest.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}

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
    sequence: { sequencer: LongestFirst },
    projects: [
      layer('unit', 30_000),
      layer('integration', 900_000, 2),
      layer('bundle', 900_000, 2),
      layer('e2e', 2_400_000, 3),
      layer('act', 2_400_000, 2),
    ],
  },
});
