import { afterAll, describe, expect, it } from 'vitest';
import { type Inputs, runBundle } from '../support/bundle.ts';
import { newWorkspace, removeWorkspace } from '../support/workspace.ts';

const dir = newWorkspace();
afterAll(async () => {
  await removeWorkspace(dir);
});
const merge = (inputs: Inputs) => runBundle('build-packages/merge', inputs, dir);

describe('build-packages/merge after a plan that failed', () => {
  it('fails at once with the message of the plan, in its log and on its page', async () => {
    const message = "SPECS/a/a.spec:3: nothing provides 'b'\nSPECS/c/c.spec: `d` is missing";
    const run = await merge({ 'plan-result': 'failure', 'plan-error': message });
    expect(run.code).toBe(1);
    expect(run.said).toContain(
      "::error::The plan of this run failed: SPECS/a/a.spec:3: nothing provides 'b'%0ASPECS/c/c.spec: `d` is missing",
    );
    expect(run.said.trim().split('\n')).toHaveLength(1);
    expect(run.summary).toContain('### The plan failed');
    expect(run.summary).toContain(message);
    expect(run.outputs).toEqual({});
  });

  it.each(['cancelled', 'skipped'])('fails when it was %s, too', async (result) => {
    const run = await merge({ 'plan-result': result });
    expect(run.code).toBe(1);
    expect(run.said).toContain(`The plan of this run ended as '${result}'`);
  });

  it('looks at its other inputs when the plan succeeded', async () => {
    const run = await merge({ 'plan-result': 'success', 'plan-error': '', 'repository-content': 'half' });
    expect(run.code).toBe(1);
    expect(run.said).toContain(
      "Input 'repository-content' (REPOSITORY_CONTENT) is 'half', expected one of full, built",
    );
    expect(run.said).toContain("Input 'specs-dir' (SPECS_DIR)");
    expect(run.said).not.toContain('The plan of this run');
  });
});

describe('build-packages/plan', () => {
  it('puts out why it failed', async () => {
    const run = await runBundle('build-packages/plan', { 'specs-dir': 'absent' }, dir);
    expect(run.code).toBe(1);
    expect(run.outputs['error']).toMatch(
      /^Input 'specs-dir' \(SPECS_DIR\) is 'absent', which does not exist/,
    );
  });
});
