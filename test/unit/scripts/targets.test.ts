import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allTargets, targets } from '../../../cli/src/targets.ts';
import { repository } from '../../../scripts/build-dist.ts';

const read = (path: string) => readFileSync(join(repository, path), 'utf8');
const makefile = read('Makefile');
const listed = (name: string) =>
  (new RegExp(`^${name} := (.*)$`, 'm').exec(makefile)?.[1] ?? '').split(' ').sort();

describe('the targets of the Makefile', () => {
  it('are those of the local CLI, and those that scripts/start.sh starts', () => {
    const started = [...read('scripts/start.sh').matchAll(/^([a-z-]+)\) exec /gm)].map(([, name]) => name);
    expect(listed('local_targets')).toEqual(Object.keys(targets).sort());
    expect([...listed('dev_targets'), 'test-ci'].sort()).toEqual(started.sort());
    expect(allTargets()).toEqual(['help', ...listed('local_targets'), ...listed('dev_targets')].sort());
  });

  it('start the same code as npm', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const name of ['dist', 'lint', 'test']) expect(scripts[name]).toBe(`sh scripts/start.sh ${name}`);
  });
});
