/** The name of a bound. */
export type LimitName = 'seconds' | 'memory' | 'processes' | 'disk' | 'log';

/** A program that was ended because it used more than it may. Its message is a predicate: `wrote more than …`. */
export class LimitError extends Error {
  readonly limit: LimitName;

  constructor(limit: LimitName, message: string) {
    super(message);
    this.name = 'LimitError';
    this.limit = limit;
  }

  /** The same with its subject, for people: `the %post of app did not end within …`. */
  of(subject: string): LimitError {
    return new LimitError(this.limit, `${subject} ${this.message}`);
  }
}

const gib = 1024 ** 3;
const mib = 1024 ** 2;

/** Returns bytes for people: `1.5 GiB`, `64 MiB`. Pure. */
export function inBytes(bytes: number): string {
  const number = (count: number) => String(Math.round(count * 10) / 10);
  return bytes >= gib ? `${number(bytes / gib)} GiB` : `${number(bytes / mib)} MiB`;
}
