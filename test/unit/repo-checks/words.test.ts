import { describe, expect, it } from 'vitest';
import { readSource, readSources, readTexts } from '../../support/source-code.ts';
import {
  type AllowedWord,
  type WordRule,
  wordErrors,
  wordsInSource,
  wordsInText,
  wordsOf,
} from '../../support/word-rules.ts';

/** `word` wherever it stands, in names and texts. */
const everywhere = (old: string, instead: string, pattern = old): WordRule => ({
  old,
  instead,
  names: new RegExp(`\\b(${pattern})\\b`),
  texts: new RegExp(`\\b(${pattern})\\b`),
});

/** `word` as a part of a name; in texts it is plain English. */
const inNames = (old: string, instead: string, pattern = old): WordRule => ({
  old,
  instead,
  names: new RegExp(`\\b(${pattern})\\b`),
});

/** `word` as a whole name. */
const asName = (old: string, instead: string, pattern = old): WordRule => ({
  old,
  instead,
  names: new RegExp(`^(${pattern})$`),
});

/** Words that a packager or a user of Actions would have to look up, and the words of the field. */
const rules: WordRule[] = [
  everywhere('workshop', 'a build context'),
  asName('using', 'a build context'),
  everywhere('told', 'a package report'),
  everywhere('alive', 'a heartbeat'),
  everywhere('sign', 'a heartbeat', 'signs?|signs? of life|sign interval'),
  asName('Item', 'an artifact info'),
  inNames('Kept', 'stored parts', 'kept of|open kept|kept whole|kept main'),
  inNames('account', 'an allocation', 'accounts?'),
  inNames('demand', 'a request', '(?<!\\bon )demand'),
  inNames('ration', 'a share', 'rations?'),
  inNames('worth', 'the value density'),
  asName('savers', 'writers'),
  everywhere('hurry', 'resolving a deadlock'),
  asName('late', 'what is built'),
  everywhere('untie', 'breaking a cycle', 'unties?|untied'),
  everywhere('vain', 'unresolvable'),
  everywhere('settle', 'resolve, flush, commit, normalize or clamp', 'settles?|settled|settling'),
  inNames('stated', 'declared'),
  asName('made', 'built', 'made|made by'),
  inNames('likely', 'candidate providers'),
  inNames('unable', 'excluded providers'),
  inNames('keyed', 'a planned build'),
  inNames('learn', 'adding a result', 'learns?'),
  everywhere('wish', 'a requested package', 'wish(es)?|wished'),
  inNames('layer', 'an overlay', 'layers?'),
  everywhere('spare', 'the toolchain cache or the image cache', 'spares?'),
  everywhere('litter', 'obsolete files or artifacts'),
  inNames('fold', 'compacting', 'folds?|folded'),
  asName('terms', 'settings'),
  everywhere('blueprint', 'an image manifest', 'blueprints?'),
  everywhere('mend', 'a hint', 'mends?|mended'),
  everywhere('fault', 'an error', 'faults?'),
  inNames('unlike', 'not reproducible'),
  everywhere('said failure', 'an error that was already reported'),
  inNames('quiet', 'captured output or an idle log', 'quiet|silence|silent'),
  everywhere('overhear', 'captured output', 'overhears?|whispers?'),
  asName('brief', 'running a short tool'),
  asName('places', 'paths'),
  everywhere('aside', 'a temporary sibling'),
  inNames('take place', 'replacing a directory or releasing it', 'take place|let go'),
  inNames('early', 'validating inputs'),
  asName('words', 'a summary or a message', 'words|.* words'),
  asName('closed', 'unsatisfied'),
  everywhere('house', 'repo checks'),
  everywhere('decisive', 'cause lines'),
  everywhere('hope', 'what is expected', 'hopes?'),
];

/** Old words in another, common sense. */
const allowed: AllowedWord[] = [
  { old: 'settle', path: '', text: /^all settled$/, reason: 'of JavaScript: Promise.allSettled' },
  { old: 'account', path: 'src/shared/image/', reason: 'of users of an image' },
  { old: 'account', path: 'src/shared/toolchain/convert/', reason: 'of users of the worker' },
  { old: 'layer', path: 'scripts/test.ts', reason: 'of tests' },
  { old: 'early', path: 'docs/decisions/', text: /early cutoff$/, reason: 'of build systems: early cutoff' },
  { old: 'sign', path: 'src/shared/toolchain/convert/', text: /rpm sign libs/, reason: 'an RPM' },
  { old: 'sign', path: 'src/shared/repositories/', text: /key that signs/, reason: 'by GPG' },
  { old: 'sign', path: 'scripts/compare/', text: /^sign interval$/, reason: 'an input of commits before' },
  { old: 'fault', path: 'docs/how-to/add-a-fault.md', reason: 'of the services, on purpose' },
  { old: 'sign', path: 'CHANGELOG.md', text: /sign interval/, reason: 'the name before a rename' },
  { old: 'alive', path: 'CHANGELOG.md', text: /azl alive/, reason: 'the name before a rename' },
  { old: 'alive', path: 'src/shared/sources/', text: /^keep alive$/, reason: "an option of Node's agents" },
  { old: 'alive', path: 'scripts/compare/', reason: 'a name of older commits' },
  { old: 'quiet', path: 'src/shared/host/short-tool.ts', text: /^silent$/, reason: 'of @actions/exec' },
  { old: 'fault', path: 'docs/faults.md', reason: 'of the services, on purpose' },
  { old: 'fault', path: '', text: /faults md/, reason: 'the page' },
  {
    old: 'fault',
    path: 'docs/',
    text: /add a fault|faults? of the (artifact )?services?/,
    reason: 'of test/services, on purpose',
  },
];

const code = '{src,actions/*/src,cli/src,scripts,bench}/**/*.ts';
const documents = [
  '*.md',
  'docs/**/*.md',
  'actions/**/{README.md,action.yml}',
  '.github/**/*.{md,yml}',
  'Makefile',
  'cli/*.sh',
];

describe('the words of names, messages and documents', () => {
  it('are those of packagers and users of Actions', () => {
    const found = [
      ...[...readSources(code)].flatMap(([path, source]) => wordsInSource(path, source, rules)),
      ...[...readTexts(...documents)].flatMap(([path, text]) => wordsInText(path, text, rules)),
    ];
    expect(wordErrors(found, allowed)).toEqual([]);
  });

  it('have one rule for each old word', () => {
    expect(new Set(rules.map(({ old }) => old)).size).toBe(rules.length);
    for (const { old } of allowed) expect(rules.map((rule) => rule.old)).toContain(old);
  });
});

describe('the check of words', () => {
  const made = [
    everywhere('spare', 'a cache', 'spares?'),
    inNames('late', 'built'),
    asName('terms', 'settings'),
  ];
  const inText = (text: string) =>
    wordsInSource('src/a.ts', readSource(text), made).map(({ old, line }) => `${old} ${line}`);

  it.each([
    ['spareImage', 'spare image'],
    ['AZLSpare', 'azl spare'],
    ['spare-images', 'spare images'],
    ['SPARE_IMAGE', 'spare image'],
    ['sign2x', 'sign2x'],
    ['What lies `spare`, here', 'what lies spare here'],
  ])('takes %s apart', (text, words) => {
    expect(wordsOf(text)).toBe(words);
  });

  it.each([
    ['a variable', 'const spareImage = 1;', ['spare 1']],
    ['a member', '\na.spare();', ['spare 2']],
    ['a type', 'interface Spare { a: 1 }', ['spare 1']],
    ['a private member', 'class A { #spare = 1 }', ['spare 1']],
    ['a key', 'const a = { spares: 1 };', ['spare 1']],
    ['a message', "say('the spare image')", ['spare 1']],
    ['a template', ['say(`the spare $', '{name}`)'].join(''), ['spare 1']],
    ['a part of another word', 'const sparedImage = "transparent";', []],
    ['a module, whose name is seen where it lies', "import { a } from './spare.ts';", []],
    ['a name, in plain English', "say('too late')", []],
    ['a whole name', 'const termsOf = 1; let terms;', ['terms 1']],
  ])('sees %s', (_, text, found) => {
    expect(inText(text)).toEqual(found);
  });

  it('sees the name of a file, and the lines of a document', () => {
    expect(wordsInSource('src/spare-images.ts', readSource(''), made)).toHaveLength(1);
    expect(wordsInSource('src/spare/images.ts', readSource(''), made)).toHaveLength(0);
    expect(wordsInText('docs/a.md', 'One\ntwo to spare\n', made).map(({ line }) => line)).toEqual([2]);
  });

  it('says what to write, and wants each allowance to be needed', () => {
    const found = wordsInText('docs/a.md', 'no spare tyre\nno spare time', made);
    const time = { old: 'spare', path: 'docs/', text: /spare time/, reason: 'of people' };
    expect(wordErrors(found, [time])).toEqual(["docs/a.md:1: 'spare' is a cache here: no spare tyre"]);
    expect(
      wordErrors(found, [
        { ...time, text: /./ },
        { ...time, path: 'src/' },
      ]),
    ).toEqual(["'spare' is allowed in src/, and not used there any more"]);
  });
});
