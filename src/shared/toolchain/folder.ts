/** In it lies the worker, with setuid programs that grow old: for root and the owner, and for nobody else. */
export const folderMode = 0o700;

/** Beside `toolchain.json`: what the folder was made from. */
export const stampFile = 'recipe';

/** In the cache folder: the packages that were chosen. */
export const lockFile = 'toolchain.lock';
