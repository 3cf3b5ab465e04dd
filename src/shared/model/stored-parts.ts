/** How much of a result is stored: all of it, the files that a build may ask for, or nothing. */
export const keeps = ['whole', 'main', 'nothing'] as const;
export type Kept = (typeof keeps)[number];
