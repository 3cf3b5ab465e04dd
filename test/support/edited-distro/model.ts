/**
 * The ways in which a value gets into a spec or a build. `spec`: a `%global`. `source`: a Source that it includes, where
 * also `%{?dist}` stands. `subfolder`, `glob`, `shell`: further files of its folder. `load`: a Source loaded as macros.
 * `package`: a macro file of a package. `evaluated`: `rpm --eval` in a script among the Sources.
 */
export const roads = [
  ...(['spec', 'source', 'subfolder', 'glob', 'shell', 'load', 'package', 'evaluated'] as const),
];
export type Road = (typeof roads)[number];

/** How a package needs another at build time. */
export const needStyles = [
  ...(['name', 'version', 'part', 'path', 'library', 'or', 'if', 'and', 'with', 'without'] as const),
];

/** A requirement at build time of a package before it, by identity. `beside`: the other package of a rich dependency. */
export interface Need {
  on: number;
  style: (typeof needStyles)[number];
  beside: number;
}

/** A subpackage with one file. It may move to another package, file and all. */
export interface Part {
  name: string;
  text: number;
  /** Packages that it requires at run time, by identity. */
  requires: number[];
  /** It is one of several that provide `engine`, in this version. */
  engine?: number;
  /** Names of parts that it obsoletes and conflicts with, because it has their file now. */
  takesFrom: string[];
  /** The base name of its file. */
  file: string;
}

/** A package of the distribution. */
export interface EditedPackage {
  /** Stays when the package is renamed. */
  id: number;
  name: string;
  /** Names that it had. */
  before: string[];
  /** `macros`: its macro file and dependency generator are for others. `library`, `program`: of C. */
  kind: 'macros' | 'library' | 'program' | 'data';
  version: number;
  release: number;
  comment: number;
  text: number;
  needs: Need[];
  /** Of the files of packages that it needs, what gets into its own. */
  reads: 'all' | 'first line' | 'nothing';
  /** The value on each road to it. */
  values: Partial<Record<Road, number>>;
  /** A script among its Sources asks rpm's database about all that it needs. */
  queries: boolean;
  /** Its build reveals `tiny(name)` and requires those of the packages that it needs, by a generator of `macros`. */
  generates: boolean;
  /** Its build refuses this `engine` and later ones. */
  refusesEngine?: number;
  parts: Part[];
  broken: boolean;
}

/** A made-up distribution as data: each package after those that it needs. */
export interface EditedDistro {
  packages: EditedPackage[];
  distTag: string;
  /** The value of the macro that the package of kind `macros` brings. */
  macro: number;
  /** Of the next new thing. */
  nextId: number;
}

function newPackage(id: number, name: string, more: Partial<EditedPackage> = {}): EditedPackage {
  return {
    ...{ id, name, before: [], kind: 'data', version: 1, release: 1, comment: 0, text: 0, needs: [] },
    ...{ reads: 'all', values: {}, queries: false, generates: false, parts: [], broken: false },
    ...more,
  };
}

export const need = (on: number, style: Need['style'] = 'name', beside = on): Need => ({ on, style, beside });

export function newPart(name: string, more: Partial<Part> = {}): Part {
  return { name, text: 0, requires: [], takesFrom: [], file: name, ...more };
}

/** The identity of the first package that an edit adds. */
export const firstAdded = 100;

/** The distribution before any edit: every kind of dependency, and every road of a value. */
export function startDistro(): EditedDistro {
  return {
    distTag: '.tiny1',
    macro: 1,
    nextId: firstAdded,
    packages: [
      newPackage(1, 'tiny-macros', { kind: 'macros' }),
      newPackage(2, 'alpha', { kind: 'library', needs: [need(1)] }),
      newPackage(3, 'old-engine', { parts: [newPart('old-motor', { engine: 1 })] }),
      newPackage(4, 'new-engine', { parts: [newPart('new-motor', { engine: 2 })] }),
      newPackage(5, 'beta', { kind: 'library', needs: [need(2, 'library')], values: { source: 1 } }),
      newPackage(6, 'words', { values: { spec: 1, subfolder: 1, glob: 1, shell: 1, load: 1 } }),
      newPackage(7, 'gamma', { kind: 'program', needs: [need(5, 'library'), need(6, 'path')] }),
      newPackage(8, 'teller', {
        ...{ needs: [need(6), need(1), need(2, 'part')], reads: 'first line', generates: true },
        ...{ values: { package: 1, evaluated: 1 }, parts: [newPart('teller-extra', { requires: [6] })] },
      }),
      newPackage(9, 'asker', {
        ...{ needs: [need(8), need(2, 'if', 5), need(3, 'or', 4)], queries: true, generates: true },
        refusesEngine: 2,
      }),
      newPackage(10, 'delta', {
        needs: [need(9, 'with', 8), need(7), need(4, 'without', 3)],
        parts: [newPart('delta-docs'), newPart('delta-motor', { engine: 3, requires: [7] })],
      }),
      newPackage(11, 'last', {
        needs: [need(10, 'part'), need(6, 'version')],
        reads: 'nothing',
        queries: true,
      }),
    ],
  };
}

/** A new package of data. */
export function addedPackage(id: number, needs: Need[]): EditedPackage {
  return newPackage(id, `added-${id}`, { needs });
}

/** A package by its identity. */
export const findPackage = ({ packages }: EditedDistro, id: number) => packages.find((one) => one.id === id);

/** The name of a package by its identity; the toolchain's `bash` for one that was removed. */
export function nameOf(distro: EditedDistro, id: number): string {
  return findPackage(distro, id)?.name ?? 'bash';
}
