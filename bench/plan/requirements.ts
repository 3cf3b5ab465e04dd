import { parseRequirement, plainCapabilitiesOf, satisfies } from '../../src/shared/rpm/requirement.ts';

/** Returns the plain capabilities of a rich one; a plain one is its own. */
export function termsOf(capability: string): string[] {
  return plainCapabilitiesOf(parseRequirement(capability)).map(({ text }) => text);
}

/** True if a package that provides `provide` satisfies `require`. */
export function isSatisfiedBy(require: string, provide: string): boolean {
  return satisfies(provide, require);
}
