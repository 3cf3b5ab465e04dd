/** The parts of a result that are stored: all files, the RPMs that a build may need (no debuginfo, no SRPM), or none. */
export const storedParts = ['full', 'without-debug', 'none'] as const;
export type StoredParts = (typeof storedParts)[number];
