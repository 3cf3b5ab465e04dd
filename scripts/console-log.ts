import type { Log } from '../src/shared/base/log.ts';
import { formatProblem } from '../src/shared/base/problems.ts';

/** The log of scripts, on this terminal. Progress is not shown. */
export const consoleLog: Log = {
  info: (message) => console.log(message),
  warn: (one) => console.warn(formatProblem(one)),
  error: (one) => console.error(formatProblem(one)),
  group: async (title, body) => {
    console.log(`==> ${title}`);
    return await body();
  },
  progress: () => {},
};
