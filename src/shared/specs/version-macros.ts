import type { JobAnswer } from './answer.ts';
import { isSpecAnswer } from './answer.ts';
import type { AskedSpec, Macros } from './ask-rpm.ts';
import type { SpecFile } from './find.ts';
import { isPlainFileName } from './text.ts';

/** The answer about a spec, and the version macros that the spec was given. */
export interface VersionedAnswer {
  answer: JobAnswer | undefined;
  macros: Macros;
}

/** How often specs are asked about again whose macros have other values than before: such values rarely build on others. */
const mostRounds = 8;

/**
 * Asks about specs, then again about those that name a `%azl_<spec>_{version,release,epoch}` macro, with the macros that
 * they name and no others: so a version counts for those alone who name it.
 * @param ask returns the answers about specs that are given macros
 * @param distTag the end of releases, which the macros leave out
 * @param guesses the macros that each spec will likely get
 */
export async function askWithVersions(
  files: readonly SpecFile[],
  ask: (specs: readonly AskedSpec[]) => Promise<(JobAnswer | undefined)[]>,
  distTag: string,
  guesses: readonly Macros[] = [],
): Promise<VersionedAnswer[]> {
  const guess = (index: number) => guesses[index] ?? {};
  const first = await ask(files.map((file, index) => ({ ...file, macros: guess(index) })));
  const found = first.map((answer, index): VersionedAnswer => ({ answer, macros: guess(index) }));
  for (let round = 0; round < mostRounds; round += 1) {
    const changed = changedMacros(files, found, distTag);
    if (changed.length === 0) return found;
    const answers = await ask(
      changed.map(({ index, macros }) => ({ ...(files[index] as SpecFile), macros })),
    );
    for (const [at, { index, macros }] of changed.entries()) found[index] = { answer: answers[at], macros };
  }
  for (const { macros, index } of changedMacros(files, found, distTag))
    found[index] = { answer: endless(index, macros), macros: {} };
  return found;
}

/** Returns the specs whose macros have other values than those that they were given, by the macros that they name. Pure. */
function changedMacros(
  files: readonly SpecFile[],
  found: readonly VersionedAnswer[],
  distTag: string,
): { macros: Macros; index: number }[] {
  const names = new Set(found.flatMap(({ answer }) => answer?.named ?? []));
  if (names.size === 0) return [];
  const values = new Map(
    files.flatMap((file, index) => versionMacros(file.package, found[index]?.answer, distTag, names)),
  );
  return found.flatMap(({ answer, macros }, index) => {
    const named = (answer?.named ?? []).flatMap((name): [string, string][] => {
      const value = values.get(name);
      return value === undefined ? [] : [[name, value]];
    });
    const wanted: Macros = Object.fromEntries(named);
    return JSON.stringify(wanted) === JSON.stringify(macros) ? [] : [{ macros: wanted, index }];
  });
}

/** Returns the version macros of a spec among `names`, as far as a file may have their values in its name. Pure. */
function versionMacros(
  name: string,
  answer: JobAnswer | undefined,
  distTag: string,
  names: ReadonlySet<string>,
): [string, string][] {
  const prefix = `azl_${name.replaceAll('-', '_')}`;
  if (!['version', 'release', 'epoch'].some((part) => names.has(`${prefix}_${part}`))) return [];
  const spec = answer?.answers?.[0];
  if (!isSpecAnswer(spec)) return [];
  const values: [string, string][] = [
    [`${prefix}_version`, spec.version],
    [`${prefix}_release`, distTag === '' ? spec.release : spec.release.replace(distTag, '')],
    ...(spec.epoch === 0 ? [] : [[`${prefix}_epoch`, String(spec.epoch)] as [string, string]]),
  ];
  return values.filter(([macro, value]) => names.has(macro) && isPlainFileName(value));
}

function endless(index: number, macros: Macros): JobAnswer {
  const names = Object.keys(macros).map((name) => `%${name}`);
  const message = `the version of this spec follows from itself, through ${names.join(', ')}`;
  const problems = [{ message, hint: 'Write the version of one of these specs without such a macro.' }];
  return {
    index,
    problems,
    digest: '',
    ended: null,
    output: '',
    answers: null,
    opened: [],
    programs: [],
    named: [],
  };
}
