import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textDigest } from '../../../src/shared/host/digests.ts';
import type { ParseOptions } from '../../../src/shared/specs/parse.ts';
import type { ParseMemory } from '../../../src/shared/specs/recall.ts';
import { type ParsedTrees, parsedTrees } from '../../support/parsed-trees.ts';
import { specText } from '../../support/trees.ts';

let trees: ParsedTrees;

beforeAll(async () => {
  trees = await parsedTrees();
});
afterAll(async () => await trees.remove());

/** A worker in which nothing can run: a parse that it is asked for fails. */
const noWorker = { worker: '/nonexistent' };

interface CountingMemory extends ParseMemory {
  known: Map<string, unknown>;
}

function newMemory(known = new Map<string, unknown>()): CountingMemory {
  const written = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
  return {
    known,
    get: (question) => known.get(question),
    set: (question, reading) => known.set(question, written(reading)),
  };
}

const remembering = (memory: ParseMemory, workerDigest = 'w'): Partial<ParseOptions> => ({
  remembering: { memory, workerDigest },
});

/** A spec that reads in every way that it can: other files, names, sizes, and names that are not there. */
const curiousNamed = (name: string) =>
  specText(
    name,
    [
      'Patch0: one.patch\n%include %{_sourcedir}/a.inc',
      'Provides: list(%(ls -R | cksum | tr -d " "))',
      'Provides: bytes(%(cat one.patch sub/two | wc -c))',
      'Provides: there(%(test -e VERSION && echo 1 || echo 0))',
    ].join('\n'),
  );

const filesOf = (name: string) => ({
  [`${name}/${name}.spec`]: curiousNamed(name),
  [`${name}/a.inc`]: 'Provides: inc(1)\n',
  [`${name}/one.patch`]: '1',
  [`${name}/sub/two`]: '22',
});
const files = { ...filesOf('a'), 'b/b.spec': specText('b') };

const nameOf = (reading: unknown) => (reading as { answers: [{ name: string }] }).answers[0].name;

describe('a parse of specs that were parsed before', () => {
  it('starts no rpm, and says the same', async () => {
    const memory = newMemory();
    const first = await trees.parse('again', files, remembering(memory));
    const second = await trees.parse('again', {}, { ...remembering(memory), ...noWorker });
    expect(second).toEqual(first);
    expect(first.get('a')?.includes.map(({ name }) => name)).toEqual(['a.inc', 'sub/two']);
  });

  it('asks again about each spec that would be read otherwise, and about no other', async () => {
    const memory = newMemory();
    const root = join(trees.dir, 'changes');
    const write = (path: string, text: string) => writeFileSync(join(root, path), text);
    const changes: Record<string, () => void> = {
      spec: () => write('spec/spec.spec', curiousNamed('spec').replace('Version: 1', 'Version: 2')),
      include: () => write('include/a.inc', 'Provides: inc(2)\n'),
      size: () => write('size/one.patch', '12345'),
      mode: () => chmodSync(join(root, 'mode/a.inc'), 0o755),
      new: () => write('new/VERSION', ''),
      gone: () => rmSync(join(root, 'gone/sub/two')),
      signed: () => write('signed/signed.signatures.json', '{"Signatures":{"VERSION":"x"}}'),
      link: () => {
        rmSync(join(root, 'link/a.inc'));
        mkdirSync(join(root, 'shared'));
        write('shared/a.inc', 'Provides: inc(3)\n');
        symlinkSync('../shared/a.inc', join(root, 'link/a.inc'));
      },
      untouched: () => write('shared/README', ''),
    };
    const names = Object.keys(changes);
    const all = names.flatMap((name) => Object.entries(filesOf(name)));
    const before = await trees.parse('changes', Object.fromEntries(all), remembering(memory));
    expect(before.size).toBe(names.length);
    for (const change of Object.values(changes)) change();
    const readings = new Map(memory.known);
    const now = await trees.outcome('changes', {}, remembering(memory));
    expect(now).toEqual(await trees.outcome('changes', {}));
    const asked = [...memory.known].flatMap(([question, reading]) =>
      JSON.stringify(readings.get(question)) === JSON.stringify(reading) ? [] : nameOf(reading),
    );
    expect(now.specs.find(({ name }) => name === 'mode')?.includes[0]).toMatchObject({
      name: 'a.inc',
      executable: true,
    });
    // The others are refused now: what they look at is not what a build gets.
    expect(now.errors.flatMap(({ packages }) => packages).sort()).toEqual(['gone', 'new', 'signed']);
    expect(asked.sort()).toEqual(['include', 'link', 'mode', 'size', 'spec']);
  });

  it('asks again for another worker, macro, define or architecture', async () => {
    const memory = newMemory();
    const parse = async (options: Partial<ParseOptions>) => await trees.parse('recipe', files, options);
    await parse(remembering(memory));
    const macroFiles = [{ name: 'macros.x', text: '%x 1\n' }];
    const others: Partial<ParseOptions>[] = [
      remembering(memory, 'x'),
      { ...remembering(memory), macroFiles },
      { ...remembering(memory), defines: { x: '1' } },
      { ...remembering(memory), arch: 'aarch64' },
    ];
    for (const [index, options] of others.entries()) {
      await parse(options);
      expect(memory.known.size).toBe(2 * (index + 2));
    }
  });

  it('does not remember what rpm refused', async () => {
    const memory = newMemory();
    const bad = { 'a/a.spec': specText('a', 'Bogus: x'), 'b/b.spec': specText('b') };
    expect(await trees.problems('bad', bad, remembering(memory))).toHaveLength(1);
    expect(memory.known.size).toBe(1);
    expect(await trees.problems('bad', bad, remembering(memory))).toHaveLength(1);
  });

  it('asks again where what was remembered has another form, and takes no file from elsewhere', async () => {
    const memory = newMemory();
    const secret = join(trees.dir, 'secret');
    writeFileSync(secret, 'x');
    const changes: Record<string, (reading: Record<string, unknown>) => unknown> = {
      null: () => null,
      text: () => 'x',
      unanswered: (one) => ({ ...one, answers: null }),
      control: (one) => ({ ...one, answers: [{ ...(one['answers'] as object[])[0], name: 'a\nb' }] }),
      ended: (one) => ({ ...one, ended: 'took long' }),
      otherwise: (one) => ({ ...one, digest: 'x' }),
      machine: (one) => ({ ...one, opened: [[secret, textDigest('x')]] }),
      outside: (one) => ({ ...one, opened: [['../../secret', textDigest('x')]] }),
    };
    const names = Object.keys(changes);
    const all = names.flatMap((name) => Object.entries(filesOf(name)));
    const first = await trees.parse('hostile', Object.fromEntries(all), remembering(memory));
    const text = JSON.stringify([...memory.known].sort());
    const known = new Map(JSON.parse(text) as [string, Record<string, unknown>][]);
    for (const [question, reading] of known) {
      known.set(question, changes[nameOf(reading)]?.(reading) as never);
    }
    const now = newMemory(known);
    expect(await trees.parse('hostile', {}, remembering(now))).toEqual(first);
    expect(JSON.stringify([...now.known].sort())).toBe(text);
  });
});
