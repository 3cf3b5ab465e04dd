import type { Spec, SpecPackage } from '../model/spec.ts';
import type { SpecFile } from './find.ts';
import { expandLiterally, literalMacros } from './literal-macros.ts';

/** The longest spec that is looked at, in characters. */
const longestSpec = 1_000_000;

/**
 * Sketches a spec that does not parse, from its text: the names of the RPMs that it may make, and what they state to
 * provide, so that whatever needs them is not said to need something unknown. Its versions are empty, and what it needs
 * is not known. Conditions are not looked at. Pure.
 */
export function sketchSpec(found: SpecFile, text: string): Spec {
  const { package: name, specsDir, path } = found;
  const head = text.slice(0, longestSpec);
  const macros = new Map([['name', name], ...literalMacros(head)]);
  const expanded = (given: string) => expandLiterally(given, macros);
  const provides = new Map<string, string[]>([['', []]]);
  let own = '';
  for (const line of head.split('\n')) {
    const [, tag = '', rest = ''] = /^\s*(Name|Provides)\s*:\s*(\S.*?)\s*$/i.exec(line) ?? [];
    if (tag.toLowerCase() === 'name') macros.set('name', expanded(rest));
    const [, flag, sub] = /^\s*%package\s+(-n\s+)?(\S+)\s*$/.exec(line) ?? [];
    if (sub !== undefined)
      own = flag === undefined ? `${macros.get('name')}-${expanded(sub)}` : expanded(sub);
    const known = provides.get(own) ?? [];
    provides.set(own, known);
    if (tag.toLowerCase() === 'provides') known.push(...capabilitiesIn(expanded(rest)));
  }
  const ownName = macros.get('name') ?? name;
  const packages = [...provides].map(([key, list]) => sketchPackage(key === '' ? ownName : key, list));
  return {
    ...{ package: name, specsDir, path, name: ownName, epoch: 0, version: '', release: '', sourceRpm: '' },
    ...{ buildRequires: [], checkRequires: [], buildConflicts: [], sources: [], packages },
    ...{ hasCheck: false, digest: '', includes: [] },
  };
}

/** The capabilities of a tag, without versions: these may be made of macros. */
function capabilitiesIn(value: string): string[] {
  return value
    .replaceAll(/\s[<>=]+\s*\S+/g, ' ')
    .split(/[\s,]+/)
    .filter((one) => one !== '' && !one.includes('%'));
}

function sketchPackage(name: string, provides: readonly string[]): SpecPackage {
  return {
    ...{ name, epoch: 0, version: '', release: '', arch: '', file: '', built: true },
    ...{ provides: [...provides], requires: [], conflicts: [], obsoletes: [], files: [] },
  };
}
