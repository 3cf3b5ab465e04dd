import {
  addedPackage,
  type EditedDistro,
  type EditedPackage,
  firstAdded,
  need,
  needStyles,
  newPart,
  type Part,
  roads,
} from './model.ts';

/** What happened to the distribution, in words, and the distribution after it. */
export interface DistroEdit {
  what: string;
  after: EditedDistro;
}

type Random = () => number;
type Kind = (distro: EditedDistro, random: Random) => DistroEdit | undefined;

const pick = <T>(from: readonly T[], random: Random): T => from[Math.floor(random() * from.length)] as T;

/** The distribution with one package changed. */
function change(
  distro: EditedDistro,
  { id, name }: EditedPackage,
  what: string,
  by: (one: EditedPackage) => EditedPackage,
): DistroEdit {
  const packages = distro.packages.map((one) => (one.id === id ? by(one) : one));
  return { what: `${name}: ${what}`, after: { ...distro, packages } };
}

const any = ({ packages }: EditedDistro, random: Random) => pick(packages, random);
const dataPackages = ({ packages }: EditedDistro) => packages.filter(({ kind }) => kind === 'data');

/** The kinds of edits. One that is not possible gives nothing. */
const kinds: Record<string, Kind> = {
  comment: (distro, random) =>
    change(distro, any(distro, random), 'a comment', (one) => ({ ...one, comment: one.comment + 1 })),
  release: (distro, random) =>
    change(distro, any(distro, random), 'a new Release', (one) => ({ ...one, release: one.release + 1 })),
  version: (distro, random) =>
    change(distro, any(distro, random), 'a new Version', (one) => ({
      ...one,
      version: one.version + 1,
      release: 1,
    })),
  text: (distro, random) =>
    change(distro, any(distro, random), 'another text in a Source', (one) => ({
      ...one,
      text: one.text + 1,
    })),
  value: (distro, random) => {
    const one = any(distro, random);
    const [road, value] = pick(Object.entries(one.values), random) ?? [];
    if (road === undefined || value === undefined) return undefined;
    return change(distro, one, `another value by the road '${road}'`, (old) => ({
      ...old,
      values: { ...old.values, [road]: value + 1 },
    }));
  },
  road: (distro, random) => {
    const road = pick(roads, random);
    const one = pick(dataPackages(distro), random);
    const { [road]: before, ...rest } = one.values;
    return change(distro, one, `${before === undefined ? 'a' : 'no'} value by the road '${road}'`, (old) => ({
      ...old,
      values: before === undefined ? { ...old.values, [road]: 1 } : rest,
    }));
  },
  macro: (distro) => ({
    what: 'another value of the macro of a package',
    after: { ...distro, macro: distro.macro + 1 },
  }),
  define: (distro, random) => {
    const distTag = `.tiny${Math.floor(random() * 3) + 1}`;
    return distTag === distro.distTag
      ? undefined
      : { what: `the dist-tag ${distTag}`, after: { ...distro, distTag } };
  },
  queries: (distro, random) =>
    change(distro, pick(dataPackages(distro), random), 'asks rpm, or no more', (one) => ({
      ...one,
      queries: !one.queries,
    })),
  generates: (distro, random) =>
    change(distro, pick(dataPackages(distro), random), 'reveals capabilities, or no more', (one) => ({
      ...one,
      generates: !one.generates,
    })),
  reads: (distro, random) =>
    change(distro, any(distro, random), 'reads another part of what it needs', (one) => ({
      ...one,
      reads: pick(['all', 'first line', 'nothing'] as const, random),
    })),
  needs: (distro, random) => {
    const at = 2 + Math.floor(random() * (distro.packages.length - 2));
    const before = distro.packages.slice(0, at).map(({ id }) => id);
    const more = need(pick(before, random), pick(needStyles, random), pick(before, random));
    return change(distro, distro.packages[at] as EditedPackage, `a requirement (${more.style})`, (one) => ({
      ...one,
      needs: [...one.needs.filter(({ on }) => on !== more.on).slice(-3), more],
    }));
  },
  'build conflicts': (distro, random) =>
    change(
      distro,
      pick(dataPackages(distro), random),
      'other BuildConflicts',
      ({ refusesEngine, ...one }) => ({
        ...one,
        ...(refusesEngine === undefined ? { refusesEngine: 1 + Math.floor(random() * 4) } : {}),
      }),
    ),
  part: (distro, random) => {
    const one = any(distro, random);
    const part = newPart(
      `part-${distro.nextId}`,
      random() < 0.5 ? { engine: 1 + Math.floor(random() * 4) } : {},
    );
    const edit = change(distro, one, 'one more subpackage', (old) => ({
      ...old,
      parts: [...old.parts, part],
    }));
    return { ...edit, after: { ...edit.after, nextId: distro.nextId + 1 } };
  },
  broken: (distro, random) =>
    distro.packages.some((one) => one.broken)
      ? mend(distro)
      : change(distro, pick(distro.packages.slice(1), random), 'broken', (one) => ({ ...one, broken: true })),
  'moved part': (distro, random) => {
    const from = withParts(distro, random);
    const to = any(distro, random);
    if (from === undefined || from.id === to.id) return undefined;
    const part = pick(from.parts, random);
    return movePart(distro, from, to, part, part);
  },
  'taken file': (distro, random) => {
    const from = withParts(distro, random);
    const to = any(distro, random);
    if (from === undefined || from.id === to.id) return undefined;
    const part = pick(from.parts, random);
    const taker = {
      ...part,
      name: `taker-${distro.nextId}`,
      takesFrom: [...part.takesFrom, part.name].slice(-3),
    };
    const edit = movePart(distro, from, to, part, taker);
    return {
      what: `${to.name} takes a file of ${from.name}`,
      after: { ...edit.after, nextId: distro.nextId + 1 },
    };
  },
  rename: (distro, random) => {
    const one = pick(dataPackages(distro), random);
    const name = `renamed-${distro.nextId}`;
    const edit = change(distro, one, `renamed to ${name}`, (old) => ({
      ...old,
      name,
      before: [...old.before, old.name].slice(-2),
    }));
    return { ...edit, after: { ...edit.after, nextId: distro.nextId + 1 } };
  },
  'new package': (distro, random) => {
    if (distro.packages.length > 15) return undefined;
    const at = 3 + Math.floor(random() * (distro.packages.length - 2));
    const before = distro.packages.slice(0, at).map(({ id }) => id);
    const one = addedPackage(distro.nextId, [
      need(pick(before, random)),
      need(pick(before, random), 'or', 1),
    ]);
    const after = { ...distro, packages: distro.packages.toSpliced(at, 0, one), nextId: distro.nextId + 1 };
    return { what: `the new package ${one.name}`, after };
  },
  'removed package': (distro, random) => {
    // Those of the start stay: they have what the others lack.
    const added = distro.packages.filter((one) => one.id >= firstAdded);
    if (added.length === 0) return undefined;
    const { id, name } = pick(added, random);
    const packages = distro.packages
      .filter((one) => one.id !== id)
      .map((one) => ({
        ...one,
        needs: one.needs.filter(({ on, beside }) => on !== id && beside !== id),
        parts: one.parts.map((part) => ({
          ...part,
          requires: part.requires.filter((other) => other !== id),
        })),
      }));
    return { what: `${name} is removed`, after: { ...distro, packages } };
  },
  mended: (distro) => mend(distro),
};

function mend(distro: EditedDistro): DistroEdit | undefined {
  const one = distro.packages.find(({ broken }) => broken);
  return one && change(distro, one, 'mended', (old) => ({ ...old, broken: false, text: old.text + 1 }));
}

function withParts({ packages }: EditedDistro, random: Random): EditedPackage | undefined {
  return pick(
    packages.filter(({ parts }) => parts.length > 0),
    random,
  );
}

function movePart(
  distro: EditedDistro,
  from: EditedPackage,
  to: EditedPackage,
  part: Part,
  moved: Part,
): DistroEdit {
  // A part requires only what comes before its package: else packages would need each other.
  const before = distro.packages.slice(0, distro.packages.indexOf(to)).map(({ id }) => id);
  const taken = { ...moved, requires: moved.requires.filter((id) => before.includes(id)) };
  const packages = distro.packages.map((one) => {
    if (one.id === from.id) return { ...one, parts: one.parts.filter((other) => other !== part) };
    return one.id === to.id ? { ...one, parts: [...one.parts, taken] } : one;
  });
  return { what: `${part.name} moves from ${from.name} to ${to.name}`, after: { ...distro, packages } };
}

/** The names of all kinds of edits. */
export const editKinds: readonly string[] = Object.keys(kinds);

/** One edit of this kind, or of the next kind that is possible. */
export function editDistro(distro: EditedDistro, kind: string, random: Random): DistroEdit {
  const start = editKinds.indexOf(kind);
  for (const name of [...editKinds.slice(start), ...editKinds.slice(0, start)]) {
    const edit = kinds[name]?.(distro, random);
    if (edit !== undefined) return edit;
  }
  throw new Error('no edit is possible');
}
