import type { LimitError } from '../host/limit-error.ts';
import type { Limits } from '../model/limits.ts';
import type { ControlGroup } from './control-group.ts';

/** A running sandbox that is kept within its limits. */
export interface Watched {
  /** The process above all of its own. */
  readonly pid: number;
  readonly limits: Limits;
  /** Its control group, which holds bounds by itself and says which was reached. */
  readonly group: ControlGroup | undefined;
  /** A folder on the disk that it writes to, and the number of that disk. */
  readonly dir: string | undefined;
  /** Bytes that this process has written for it: to its log, to the file with its output. */
  written(): number;
  /** Measures the bytes that its root holds on the disk. */
  readonly measureDisk: (() => Promise<number>) | undefined;
  /** Kills it, for this reason. */
  end(error: LimitError): void;
}

/** A watched sandbox, and what was seen of it. */
export interface Seen extends Watched {
  isEnding: boolean;
  pids: number[];
  memory: number;
  /** The time, by the clock of this process, at which its memory is measured exactly again. */
  measureAt: number;
}
