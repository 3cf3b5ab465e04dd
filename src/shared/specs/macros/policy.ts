import { readFileSync } from 'node:fs';

/** Loaded after rpm's own macros wherever a spec is parsed or built. */
export const policyMacros = {
  name: 'macros.zz-azl',
  text: readFileSync(new URL('./macros.azl', import.meta.url), 'utf8'),
} as const;

/**
 * The macros that say whether this run is for the RPMs or for the `%check`. A build of RPMs gives rpmbuild those of
 * `false`, so that it sees what was parsed.
 */
export function checkMacros(check: boolean): Record<string, string> {
  return check
    ? { with_check: '1', _with_check: '--with-check' }
    : { with_check: '0', _without_check: '--without-check' };
}
