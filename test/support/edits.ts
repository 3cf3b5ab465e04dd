import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Distribution, SourceFile } from './distributions.ts';

/** A change to the specs below `dir`; `sources`: a folder in which its tarballs lie at any depth, besides its own. */
export interface Edit {
  what: string;
  apply(dir: string, sources: string): void;
}

function changeSpec(dir: string, name: string, change: (text: string) => string): void {
  const path = join(dir, 'SPECS', name, `${name}.spec`);
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`the edit changed nothing in ${path}`);
  writeFileSync(path, after);
}

export function addComment(name: string, text: string): Edit {
  return {
    what: `a comment in ${name}.spec`,
    apply: (dir) => appendFileSync(join(dir, 'SPECS', name, `${name}.spec`), `# ${text}\n`),
  };
}

export function bumpRelease(name: string): Edit {
  return {
    what: `a new Release of ${name}`,
    apply: (dir) =>
      changeSpec(dir, name, (spec) =>
        spec.replace(
          /^(Release:\s+)(\d+)/m,
          (_all, tag: string, release: string) => `${tag}${Number(release) + 1}`,
        ),
      ),
  };
}

export function addSubpackage(name: string, sub: string): Edit {
  const section = `%package ${sub}\nSummary: Another one\n%description ${sub}\nAnother one.\n\n%files ${sub}\n\n`;
  return {
    what: `a subpackage of ${name}`,
    apply: (dir) => changeSpec(dir, name, (spec) => spec.replace('%changelog', `${section}%changelog`)),
  };
}

export function addDependency(name: string, on: string): Edit {
  return {
    what: `${name} needs ${on}`,
    apply: (dir) =>
      changeSpec(dir, name, (spec) => spec.replace(/^License:/m, `BuildRequires:  ${on}\nLicense:`)),
  };
}

/** A patch of its own, written anew each time, that makes `change` of a source file as upstream ships it. */
export function patchSource(source: SourceFile, what: string, change: (text: string) => string): Edit {
  const { package: name, file } = source;
  return {
    what: `${what} in ${file} of ${name}`,
    apply: (dir, sources) => {
      const folder = join(dir, 'SPECS', name);
      const text = sourceText([folder, sources], name, file);
      writeFileSync(join(folder, 'edit.patch'), patchOf(file, text, change(text)));
      const spec = readFileSync(join(folder, `${name}.spec`), 'utf8');
      if (!spec.includes('edit.patch'))
        changeSpec(dir, name, (old) => old.replace(/^License:/m, 'Patch90:        edit.patch\nLicense:'));
    },
  };
}

export const cComment = (source: SourceFile, text: string): Edit =>
  patchSource(source, 'a C comment', (before) => `${before}/* ${text} */\n`);

/** A sequence of `count` edits, of each kind in turn, on packages that `random` picks. */
export function randomEdits(distribution: Distribution, count: number, random: () => number): Edit[] {
  const { packages, commentable } = distribution;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const kinds = [
    (n: number) => addComment(pick(packages), `edit ${n}`),
    (n: number) => cComment(pick(commentable), `edit ${n}`),
    () => bumpRelease(pick(packages)),
    (n: number) => addSubpackage(pick(packages), `more${n}`),
    () => {
      const on = Math.floor(random() * (packages.length - 1));
      return addDependency(pick(packages.slice(on + 1)), packages[on] as string);
    },
  ];
  return Array.from({ length: count }, (_, n) => (kinds[n % kinds.length] as (n: number) => Edit)(n));
}

/** A generator of numbers from 0 to 1 with a seed, so that a failure can be seen again. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** A file in the tarball of a package, which lies below one of `folders`. */
function sourceText(folders: readonly string[], name: string, file: string): string {
  const isTarball = new RegExp(`(^|/)${name}-[\\d.]+\\.tar\\.\\w+$`);
  const tarball = folders
    .flatMap((place) =>
      readdirSync(place, { recursive: true, encoding: 'utf8' }).map((path) => join(place, path)),
    )
    .find((path) => isTarball.test(path));
  if (tarball === undefined) throw new Error(`no tarball of ${name} below ${folders.join(' or ')}`);
  const limits = { encoding: 'utf8', maxBuffer: 1 << 26 } as const;
  return execFileSync('tar', ['-xOf', tarball, '--wildcards', `*/${file}`], limits);
}

function patchOf(file: string, before: string, after: string): string {
  if (before === after) throw new Error(`the edit changed nothing in ${file}`);
  const work = mkdtempSync(join(tmpdir(), 'azl-patch-'));
  try {
    for (const [side, text] of [
      ['a', before],
      ['b', after],
    ] as const) {
      mkdirSync(dirname(join(work, side, file)), { recursive: true });
      writeFileSync(join(work, side, file), text);
    }
    execFileSync('diff', ['-u', `a/${file}`, `b/${file}`], { cwd: work, encoding: 'utf8' });
    return '';
  } catch (error) {
    // diff ends with 1 when there is a difference.
    return (error as { stdout: string }).stdout.replace(/^(---|\+\+\+) (\S+)\t.*$/gm, '$1 $2');
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
