import { readFileSync } from 'node:fs';

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
