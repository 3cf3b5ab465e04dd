import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rememberingSolver, solverQuestion } from '../../../src/shared/solver/remembering-solver.ts';
import { openAnswers } from '../../../src/shared/solver/saved-answers.ts';
import type { SolverAnswer, SolverRequest } from '../../../src/shared/solver/solver.ts';
import { newIndex } from '../../../src/shared/store/store-index.ts';
import { madeUpRpm, madeUpToolchain } from '../../support/made-up.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const folder = temporaryFolders();
const [gcc, make] = [madeUpRpm('gcc'), madeUpRpm('make')];
const toolchain = madeUpToolchain([gcc, make]);
const request: SolverRequest = {
  ...{ install: ['gcc', 'lib'], conflicts: ['old'], base: [make.file] },
  local: [[madeUpRpm('lib'), madeUpRpm('lib-devel')], [madeUpRpm('app')]],
};
const question = solverQuestion(request, toolchain);

/** An answer with these files, and what a solver says that is asked after all. */
const answer = (...installed: [origin: 'local' | 'toolchain', file: string][]): SolverAnswer => {
  return { ok: true, installed: installed.map(([origin, file]) => ({ origin, file })) };
};
const solved = answer(['toolchain', gcc.file]);

describe('the question', () => {
  const [first, second] = request.local as [SolverRequest['local'][number], SolverRequest['local'][number]];
  const changed = (more: Partial<SolverRequest>) => solverQuestion({ ...request, ...more }, toolchain);

  it('is the same in another order, and with a requirement twice', () => {
    expect(changed({ install: ['lib', 'gcc', 'lib'], local: [second, [...first].reverse()] })).toBe(question);
    expect(solverQuestion(request, madeUpToolchain([make, gcc]))).toBe(question);
  });

  it('is another one when anything that decides the answer is', () => {
    const more: Partial<SolverRequest>[] = [
      ...[{ install: ['gcc'] }, { conflicts: [] }, { conflicts: ['lib'] }, { base: [] }, { local: [first] }],
      { install: ['gcc'], conflicts: ['lib', 'old'] },
      ...(['provides', 'requires', 'conflicts', 'obsoletes', 'files', 'folders'] as const).map((field) => {
        return { local: [[madeUpRpm('lib', { [field]: ['/x'] }), madeUpRpm('lib-devel')], second] };
      }),
      { local: [[madeUpRpm('lib', { version: '2' }), madeUpRpm('lib-devel')], second] },
    ];
    const questions = new Set(more.map(changed));
    expect(questions.size).toBe(more.length);
    expect(questions).not.toContain(question);
    expect(solverQuestion(request, { ...toolchain, mode: 'download' })).not.toBe(question);
    expect(solverQuestion(request, madeUpToolchain([gcc]))).not.toBe(question);
  });
});

describe('an answer', () => {
  async function ask(known: SolverAnswer) {
    const answers = await openAnswers(join(folder(), 'solver.json'), true, newIndex());
    answers.add(new Map([[question, known]]));
    const solver = rememberingSolver(
      toolchain,
      async () => ({ solve: async () => solved, close: async () => {} }),
      answers,
    );
    return { found: await solver.solve(request), answers };
  }

  it('of another job is used if every RPM that it names is there', async () => {
    const known = answer(['local', 'lib-1.0-1.x86_64.rpm'], ['toolchain', make.file]);
    const { found, answers } = await ask(known);
    expect(found).toEqual(known);
    expect(answers.solved.size).toBe(0);
    expect([...answers.kept().keys()]).toEqual([question]);
  });

  it.each([
    ['a local RPM that is not there', answer(['local', 'other-1.0-1.x86_64.rpm'])],
    ['a local RPM as one of the toolchain', answer(['toolchain', 'lib-1.0-1.x86_64.rpm'])],
    ['an RPM of the toolchain as a local one', answer(['local', gcc.file])],
    ['something that every object has', answer(['toolchain', '__proto__'])],
  ])('that names %s is not used, and the right one takes its place', async (_, known) => {
    const { found, answers } = await ask(known);
    expect(found).toEqual(solved);
    expect([...answers.solved]).toEqual([[question, solved]]);
    expect(answers.get(question)).toEqual(solved);
  });
});

describe('saved answers', () => {
  const [own, other, one, two] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(64)) as [
    string,
    string,
    string,
    string,
  ];

  it('of this run are in the index that a plan gives to other jobs', async () => {
    const index = newIndex();
    const file = join(folder(), 'solver.json');
    const answers = await openAnswers(file, true, index);
    answers.add(new Map([[other, answer()]]));
    answers.set(own, solved);
    expect([...index.answers.keys()]).toEqual([other, own]);
    await answers.save();
    expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')))).toEqual([own]);
    const later = newIndex();
    await openAnswers(file, true, later);
    expect(later.answers).toEqual(new Map([[own, solved]]));
  });

  it('of a run over some specs keep those of all others', async () => {
    const file = join(folder(), 'solver.json');
    const first = await openAnswers(file, false, newIndex());
    first.set(one, solved);
    await first.save();
    const second = await openAnswers(file, false, newIndex());
    second.set(two, solved);
    await second.save();
    expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')))).toEqual([one, two]);
  });
});
