import { keyOf, type PlainCapability } from '../../rpm/capability.ts';
import { cmakeKey, libraryKey, moduleKey, pythonName } from './contents-keys.ts';
import { knownPackages } from './known-packages.ts';

/** A pointer to the Debian packages of a capability. The first clue that finds something counts. */
export type Clue =
  /** A Debian package of this name. */
  | { package: string }
  /** These Debian packages, if there are all of them. */
  | { packages: readonly string[] }
  /** The Debian packages that become the RPM of this name. */
  | { rpm: string }
  /** Debian packages of this name with a number in it (`libfoo2`, `libfoo-2.0-dev`); the highest wins. */
  | { numbered: string }
  /** Debian packages with a file of this key (contents-keys.ts). */
  | { key: string }
  /** Debian packages of this source package whose names match. */
  | { source: string; like: RegExp };

/** Returns the clues to the packages of a capability, the surest first. Pure. */
export function cluesTo(capability: PlainCapability): Clue[] {
  const name = keyOf(capability);
  return [...knownPackages(name).map((packages) => ({ packages })), ...cluesByRule(capability, name)];
}

function cluesByRule(capability: PlainCapability, name: string): Clue[] {
  if (capability.kind === 'path') return pathClues(name);
  const soname = /^(lib.+\.so[.0-9]*)(?:\(.*)?$/.exec(name)?.[1];
  if (soname !== undefined) return [{ key: soname }];
  const [, kind, inner] = /^([^()]+)\((.+?)\)$/.exec(name) ?? [];
  if (kind !== undefined && inner !== undefined) return kindClues(kind, inner, name);
  return /[()]/.test(name) ? [] : nameClues(name);
}

function pathClues(path: string): Clue[] {
  const file = /^\/usr\/s?bin\/([^/]+)$/.exec(path)?.[1];
  return file === undefined
    ? [{ key: path }]
    : [{ key: path }, { key: `/usr/bin/${file}` }, { key: `/usr/sbin/${file}` }];
}

function kindClues(kind: string, inner: string, name: string): Clue[] {
  // `foo(x86-64)`, as rpm names the architecture.
  if (/^(x86|aarch|arm)[-_\d]*$/.test(inner)) return nameClues(kind);
  if (/^python(3|3\.\d+)?dist$/.test(kind)) return pythonClues(inner.replace(/\[.*\]$/, ''));
  if (kind === 'cmake') return [{ key: name }, { key: cmakeKey(inner) }];
  if (kind === 'perl') return [{ key: name }, { package: perlPackage(inner) }];
  if (kind === 'rubygem') return [{ key: name }, { package: `ruby-${inner.replaceAll('_', '-')}` }];
  if (kind === 'npm') return [{ key: name }, { package: `node-${inner.replace('@', '').replace('/', '-')}` }];
  if (kind === 'ocaml') return [{ key: name }, { package: `lib${inner}-ocaml-dev` }];
  return [{ key: name }];
}

const perlPackage = (module: string) => `lib${module.toLowerCase().replaceAll('::', '-')}-perl`;

function pythonClues(name: string): Clue[] {
  const plain = pythonName(name);
  return [
    ...[{ key: `python3dist(${plain})` }, { package: `python3-${plain}` }],
    ...[{ key: moduleKey(plain.replaceAll('-', '_')) }, { source: plain, like: /^python3-/ }],
  ];
}

/** Languages whose packages have a prefix in both distributions. */
const byPrefix: readonly [prefix: RegExp, clues: (rest: string) => Clue[]][] = [
  [/^perl-/, (rest) => [{ key: `perl(${rest.replaceAll('-', '::')})` }, { package: perlPackage(rest) }]],
  [/^python3?-/, (rest) => pythonClues(rest.replace(/-devel$/, ''))],
  [/^rubygem-/, (rest) => [{ key: `rubygem(${rest})` }, { package: `ruby-${rest}` }]],
  [/^nodejs-/, (rest) => [{ key: `npm(${rest})` }, { package: `node-${rest}` }]],
  [
    /^ocaml-/,
    (rest) => {
      const name = rest.replace(/-devel$/, '');
      return [
        { key: `ocaml(${name})` },
        { package: `lib${name}-ocaml-dev` },
        { package: `lib${rest}-ocaml-dev` },
      ];
    },
  ],
  [/^texlive-/, (rest) => [{ key: `tex(${rest}.sty)` }, { key: `tex(${rest}.cls)` }]],
  [/^ghc-(?=.*-devel$)/, (rest) => [{ package: `libghc-${rest.replace(/-devel$/, '')}-dev`.toLowerCase() }]],
  [
    /^xorg-x11-/,
    (rest) => [{ package: `x11-${rest}` }, { package: `xserver-xorg-${rest.replace('drv-', 'video-')}` }],
  ],
];

function nameClues(name: string): Clue[] {
  const lower = name.toLowerCase();
  const clues: Clue[] = [{ rpm: name }, { rpm: lower }];
  for (const [prefix, cluesOf] of byPrefix)
    if (prefix.test(lower)) clues.push(...cluesOf(name.replace(prefix, '')));
  const development = /^(.+)-(?:devel|static|headers)$/.exec(lower)?.[1];
  if (development !== undefined) return [...clues, ...developmentClues(development)];
  const library = /^(.+)-(?:libs?|shared)$/.exec(lower)?.[1];
  if (library !== undefined) return [...clues, ...libraryClues(library)];
  const fonts = /^(.+)-fonts(?:-.*)?$/.exec(lower)?.[1];
  if (fonts !== undefined)
    clues.push({ package: `fonts-${fonts}` }, { package: `fonts-${fonts.replace(/^google-/, '')}` });
  return [...clues, ...programClues(lower)];
}

/** The clues to what one compiles and links with. */
function developmentClues(name: string): Clue[] {
  const short = name.replace(/^lib/, '');
  const numbered = /^(.*?)-?([\d.]+)$/.exec(short);
  const named = [`lib${short}-dev`, `${short}-dev`, `${name}-dev`];
  if (numbered !== null)
    named.push(`lib${numbered[1]}-${numbered[2]}-dev`, `lib${numbered[1]}${numbered[2]}-dev`);
  return [
    ...named.map((one) => ({ package: one })),
    { numbered: `lib${short}-dev` },
    ...[name, `lib${short}`, short].map((one) => ({ key: `pkgconfig(${one})` })),
    { key: libraryKey(short) },
    { source: name, like: /-dev$/ },
    { source: short, like: /-dev$/ },
    { source: name, like: /./ },
  ];
}

/** The clues to a library that programs load. */
function libraryClues(name: string): Clue[] {
  const short = name.replace(/^lib/, '');
  return [
    { numbered: `lib${short}` },
    { package: `lib${short}` },
    { source: name, like: /^lib(?!.*-(dev|doc|dbg|perl|ruby)$)/ },
    ...programClues(name),
  ];
}

/** The clues to a program, or to a library without a mark in its name. */
function programClues(name: string): Clue[] {
  const short = name.replace(/^lib/, '');
  return [
    ...[name, `${name}-bin`, `${name}-utils`, `${name}-tools`].map((one) => ({ package: one })),
    ...[`/usr/bin/${name}`, `/usr/sbin/${name}`].map((key) => ({ key })),
    { numbered: `lib${short}` },
    { package: name.replace(/-(?:utils|tools|progs|common|data)$/, '') },
    { package: `lib${short}` },
    { package: `${name}-dev` },
    { source: name, like: /^(?!.*-(dbg|doc|udeb|l10n)$)/ },
    { key: `python3dist(${pythonName(name)})` },
  ];
}
