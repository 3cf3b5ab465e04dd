/** The bounds of one step of the work. */
export interface Limits {
  /** Wall time. It bounds CPU time, too: seconds times cores. */
  seconds: number;
  /** Bytes of memory of all its processes. */
  memory: number;
  /** Processes and threads at one time. */
  processes: number;
  /** Bytes that its root may hold on the disk besides the worker. */
  disk: number;
  /** Bytes that it may write to its log. */
  log: number;
}

/** The limits that a user gave, by package. `*`: for all packages. */
export type PackageLimits = Readonly<Record<string, Partial<Limits>>>;
