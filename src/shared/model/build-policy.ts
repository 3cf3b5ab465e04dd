/** A policy under which a package is built. It is in the package's key. */
export type BuildPolicy = 'build-as-root' | 'remove-libtool-archives';

/** A policy that the input `policies` names. `auto` stands for those of a recognised tree. */
export type PolicyName = 'auto' | 'remove-libtool-archives' | 'spec-version-macros';
