import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readActions } from '../../../cli/src/action-file.ts';
import {
  actionReadmes,
  comparisonPage,
  examplePage,
  exampleWorkflows,
  withTables,
  workflowPage,
} from '../../../scripts/action-docs.ts';
import { repository } from '../../../scripts/build-dist.ts';
import { knownHere } from '../../../scripts/workflows/here.ts';

describe('what is written from other files', () => {
  it('is up to date in the README of each action (node scripts/action-docs.ts)', () => {
    for (const { path, have, want } of actionReadmes()) expect(have, path).toBe(want);
  });

  it('is up to date on the page of the workflows, which has the inputs of each', () => {
    const { path, have, want } = workflowPage();
    expect(have, path).toBe(want);
    for (const file of knownHere().workflows.keys()) {
      for (const kind of ['inputs', 'outputs']) expect(have).toContain(`<!-- ${file} ${kind} -->`);
    }
  });

  it('is up to date on the page for users of Azure Linux', () => {
    const { path, have, want } = comparisonPage();
    expect(have, path).toBe(want);
    for (const key of ['`TargetDisk`', '`BootType` (efi)', '`SSHPubKeys`']) expect(have).toContain(key);
  });

  it('is up to date on the page of example workflows: it or the page of the workflows shows each of them', () => {
    const { path, have, want } = examplePage();
    expect(have, path).toBe(want);
    for (const file of exampleWorkflows())
      expect(have + workflowPage().have).toContain(`<!-- ${basename(file)} -->`);
  });

  it('replaces only what stands between the marks', () => {
    const action =
      'inputs:\n  a: { default: x|y, description: "two\\n words" }\n  b:\noutputs:\n  c: { description: d }\n';
    const before =
      'head\n<!-- inputs -->\nold\n<!-- /inputs -->\nmiddle\n<!-- plan outputs -->\n<!-- /plan outputs -->\n';
    expect(withTables(before, { '': action, plan: action })).toBe(
      `head
<!-- inputs -->
| input | default | description |
| ----- | ------- | ----------- |
| \`a\`   | \`x\\|y\`  | two words   |
| \`b\`   |         |             |
<!-- /inputs -->
middle
<!-- plan outputs -->
| output | description |
| ------ | ----------- |
| \`c\`    | d           |
<!-- /plan outputs -->
`,
    );
    expect(() => withTables('<!-- inputs -->', { '': action })).toThrow('<!-- /inputs -->');
  });
});

describe('every action', () => {
  const actions = readActions(join(repository, 'actions'));

  it('says what each of its inputs is', () => {
    for (const { name, inputs } of actions) {
      for (const [input, { description }] of Object.entries(inputs)) {
        expect(description, `${name} ${input}`).toMatch(/\S/);
      }
    }
  });

  it('starts an entry of the committed bundle', () => {
    for (const { name, entry } of actions) expect(existsSync(entry), name).toBe(true);
  });
});
