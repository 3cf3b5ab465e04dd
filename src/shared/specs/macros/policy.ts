import { readFileSync } from 'node:fs';
import { sourceDateEpoch } from '../../base/source-date-epoch.ts';

/** `%_topdir` wherever a spec is parsed or built. */
export const topDir = '/usr/src/azl';

/** The working folder of rpm and of the programs that a spec runs while it is read. */
export const specCwd = `${topDir}/SOURCES`;

/**
 * The environment in which specs are parsed and built, besides the sandbox's own. Debian's Python gives modules to
 * `/usr/local` unless it is told that they are the system's; no other Python reads that variable.
 */
export const buildEnvironment = {
  SOURCE_DATE_EPOCH: String(sourceDateEpoch),
  DEB_PYTHON_INSTALL_LAYOUT: 'deb_system',
};

/** Macros that are loaded after rpm's own wherever a spec is parsed or built. */
export const policyMacros = {
  name: 'macros.zz-azl',
  text: readFileSync(new URL('./macros.azl', import.meta.url), 'utf8'),
} as const;

/**
 * The macros that select a run for the `%check` or for the RPMs. Specs are parsed with those for the RPMs, too, so that a
 * build sees the spec that was parsed. Pure.
 */
export function checkMacros(check: boolean): Record<string, string> {
  return check
    ? { with_check: '1', _with_check: '--with-check' }
    : { with_check: '0', _without_check: '--without-check' };
}
