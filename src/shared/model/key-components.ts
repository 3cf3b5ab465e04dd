/** The parts of a key by name, in words that a reason can be told with: `spec`, `source:x.tar.gz`, `installed:gcc.x86_64`. */
export type Components = Record<string, string>;
