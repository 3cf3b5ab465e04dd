import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { newTurn } from '../../../src/shared/base/turns.ts';
import { checkKey } from '../../../src/shared/builder/check-root.ts';
import { keyComponents, keyOf } from '../../../src/shared/cache-key/key.ts';
import { checkRecipeDigest, recipe, recipeDigest } from '../../../src/shared/cache-key/recipe.ts';
import { textDigest } from '../../../src/shared/host/digests.ts';
import { outputDigest } from '../../../src/shared/rpm/output-digest.ts';
import { dependencyTags } from '../../../src/shared/rpm/tags.ts';
import { type MadeTag, madeHeader } from '../../support/made-header.ts';
import { byField, fixedValues, isWriting } from './golden.ts';
import * as made from './made-up.ts';

const repository = join(import.meta.dirname, '../../..');

const { gcc, lib } = made.rpms;

/** Helpers of which the bytes are part of keys, by what they were called at first. */
const hashedHelpers = [
  ...[
    'macros.azl',
    'enter.sh',
    'transaction.py',
    'sysusers.py',
    'account_files.py',
    'installed_files.py',
    'sysusers-scriptlet.py',
    'convert.py',
    'provides.py',
    'perl-dependencies.py',
  ],
  ...['capabilities.py', 'universe.py', 'solver.py'],
  ...['finish.sh', 'tree.py', 'accounts.py', 'configure.py', 'finish.py', 'mke2fs.conf'],
  ...['report-boot.sh', 'report-boot.service'],
];

/** Files of the repository that are neither code nor what is made of it: digest of the bytes → path. */
function helperFiles(): Map<string, string> {
  const found = new Map<string, string>();
  const leftOut = new Set(['node_modules', 'dist', 'build', 'out', 'lib', 'test', 'examples', 'docs']);
  const look = (dir: string) => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name);
      if (entry.isDirectory() && !leftOut.has(entry.name) && !entry.name.startsWith('.')) look(path);
      if (entry.isFile() && /\.(azl|conf|py|service|sh)$/.test(entry.name))
        found.set(textDigest(readFileSync(path)), relative(repository, path));
    }
  };
  look(repository);
  return found;
}

const present = helperFiles();

/**
 * Digests of the helpers. Where a file lies and what it is called is free: that its bytes are there is not.
 * @param fixed those that are fixed, as JSON
 */
function helpers(fixed = '{}'): Record<string, unknown> {
  if (isWriting) {
    const byName = new Map([...present].map(([digest, path]) => [path.split('/').at(-1), digest]));
    return { helpers: Object.fromEntries(hashedHelpers.map((name) => [name, byName.get(name)])) };
  }
  const entries = Object.entries<string>(JSON.parse(fixed));
  return {
    helpers: Object.fromEntries(entries.map(([name, one]) => [name, present.has(one) ? one : 'gone'])),
  };
}

/** Headers with tags of every sort that the output digest treats in its own way. */
function headers(): Record<string, MadeTag[]> {
  const base: MadeTag[] = [
    [1000, 6, ['foo']],
    [1001, 6, ['1.0']],
    [1002, 6, ['7.azl3']],
    [1044, 6, ['foo-src-1.0-7.azl3.src.rpm']],
  ];
  const { provide, require } = dependencyTags;
  return {
    plain: base,
    'with what nobody sees': [
      ...base,
      [1004, 9, ['summary']],
      [1006, 4, [1_700_000_000]],
      [1007, 6, ['host']],
      [1080, 4, [1, 2]],
      [5092, 8, ['digest']],
    ],
    'with dependencies on its own release': [
      ...base,
      [provide.name, 8, ['foo', '(foo = 1.0-7.azl3 if bar)']],
      [provide.version, 8, ['2:1.0-7.azl3', '']],
      [require.name, 8, ['bar', 'baz']],
      [require.version, 8, ['1.0-7.azl3', '3-7.azl3']],
    ],
    'with files and an unknown tag': [
      ...base,
      [1035, 8, ['digest of a', 'digest of b']],
      [1117, 8, ['a', 'b']],
      [1118, 8, ['/usr/bin/']],
      [9999, 7, Buffer.from([1, 2, 3])],
      [1030, 3, [0o755, 0o644]],
      [5009, 5, [5_000_000_000]],
    ],
  };
}

function keys(): Record<string, unknown> {
  const entries = Object.entries(made.keyInputs).flatMap(([name, input]) => {
    const components = keyComponents(input);
    return [
      [`key ${name}: components`, components],
      [`key ${name}`, keyOf(components)],
    ];
  });
  return Object.fromEntries(entries);
}

function digests(): Record<string, unknown> {
  return {
    'recipe: fields': byField(recipe),
    'recipe: digest': recipeDigest,
    'recipe: digest for a check': checkRecipeDigest,
    'check: key': checkKey(made.hex('a'), [gcc, lib], false),
    'check: key without a result': checkKey(undefined, [], false),
    'check: key of a release-aware package': checkKey(made.hex('a'), [gcc, lib], true),
  };
}

/** Output digests of made-up headers, by name. */
const outputs = Object.fromEntries(
  await Promise.all(
    Object.entries(headers()).map(async ([name, tags]) => [
      `output digest ${name}`,
      await outputDigest(madeHeader(tags), newTurn()),
    ]),
  ),
);

fixedValues('packages', (fixed) => ({
  ...{ ...helpers(fixed['helpers']), ...keys(), ...digests(), ...outputs },
}));
