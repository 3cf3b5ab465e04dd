/** The components of a key, by names from which a reason can be written: `spec`, `source:x.tar.gz`, `installed:gcc.x86_64`. */
export type Components = Record<string, string>;
