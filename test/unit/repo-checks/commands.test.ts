import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readActions } from '../../../cli/src/action-file.ts';
import { isTarget, targets } from '../../../cli/src/targets.ts';
import { variablesOf } from '../../../cli/src/variables.ts';
import { repository } from '../../../scripts/build-dist.ts';
import { commandTable } from '../../support/command-table.ts';
import {
  commandsHere,
  commandsIn,
  commandsOfHelp,
  formOf,
  makeCommandIn,
} from '../../support/documented-commands.ts';

const commands = commandsHere();
const examples = readdirSync(join(repository, 'examples/distro/SPECS'));

describe('each command that the documents and the help show', () => {
  it('is run by a test, or says why not', () => {
    const unknown = commands.filter(({ text }) => commandTable[formOf(text)] === undefined);
    expect(unknown.map(({ text, place }) => `${place}: ${text}`)).toEqual([]);
  });

  it('has the only row of its form', () => {
    const forms = new Set(commands.map(({ text }) => formOf(text)));
    expect(Object.keys(commandTable).filter((form) => !forms.has(form))).toEqual([]);
  });

  it('has a proof that is there', () => {
    for (const [form, proof] of Object.entries(commandTable)) {
      if (proof.by === 'nothing') expect(proof.reason, form).toMatch(/\S/);
      if (proof.by !== 'file') continue;
      const path = join(repository, proof.file);
      const found = existsSync(path) && readFileSync(path, 'utf8').includes(proof.words);
      expect(found, `${form}: ${proof.file} has ${proof.words}`).toBe(true);
    }
  });

  it('gives make targets that are there, and variables that they take', () => {
    const actions = readActions(join(repository, 'actions'));
    for (const { text, place } of commands) {
      const make = makeCommandIn(text);
      for (const target of (make?.targets ?? []).filter(isTarget)) {
        const known = variablesOf(targets[target], actions);
        for (const name of Object.keys(make?.variables ?? {}))
          expect(known, `${place}: ${text}`).toContain(name);
      }
    }
  });

  it('names packages that are there: of the example, or placeholders for the reader’s own', () => {
    for (const { text, place } of commands) {
      const { variables = {} } = makeCommandIn(text) ?? {};
      const named = [variables['PACKAGE'], variables['PACKAGE_BUILD_LIST']].join(' ').split(' ');
      for (const name of named.filter((one) => /^[a-z]/.test(one) && !['foo', 'bar'].includes(one)))
        expect(examples, `${place}: ${text}`).toContain(name);
    }
  });
});

describe('the extraction of commands', () => {
  const texts = (markdown: string) => commandsIn('a.md', markdown).map(({ text }) => text);

  it('sees blocks and inline code, not names of programs', () => {
    expect(
      texts('`make` `node` `gh x` `rpm -q`\n\n```\n$ make a   # b\nplain\n```\n```yaml\nmake c\n```\n'),
    ).toEqual(['make', 'gh x', 'make a']);
    expect(commandsIn('a.md', 'x\n`make a`')).toEqual([{ text: 'make a', place: 'a.md:2' }]);
  });

  it('sees the help text of the Makefile', () => {
    expect(commandsOfHelp('x\n  make a B=c  does it\n  make d\n\tmake e\n').map(({ text }) => text)).toEqual([
      'make a B=c',
      'make d',
    ]);
  });

  it.each([
    ['make b-c D=e A="f g"', 'make b-c A D'],
    ['make -C ../azl plan', 'make plan'],
    ['make -f ../azl/Makefile plan', 'make plan'],
    ['make b D=<your own>', 'make b D'],
    ['make … DEBUG=1', 'make DEBUG'],
    ['gh a  b', 'gh a  b'],
  ])('takes %j as %j', (text, form) => {
    expect(formOf(text)).toBe(form);
  });

  it('reads values as a shell does', () => {
    expect(makeCommandIn(`make a B='c d' E="f"g`)?.variables).toEqual({ B: 'c d', E: 'fg' });
  });
});
