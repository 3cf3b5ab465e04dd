import { clock } from '../base/duration.ts';

/** Where nothing is drawn: milliseconds without a word after which one is said. */
const silent = 30_000;
/** Where a live line is drawn: milliseconds without a new one after which the last is drawn again. */
const still = 2000;

/** Keeps watch over what was said last, so that no long silence looks like death. All times in milliseconds. */
export interface UnansweredCalls {
  /** A line went to the log; `step`: it tells what is done now. */
  said(now: number, step?: string): void;
  /** Long work tells where it stands. Answers whether that is to be shown. */
  progress(now: number, line: string): boolean;
  /** What is to be shown now because nobody says anything. To be asked each second. */
  due(now: number): string | undefined;
}

/** @param live a line of progress is drawn and replaced; else each is one more line in the log */
export function watchUnansweredCalls(live: boolean, start: number): UnansweredCalls {
  let lastWord = start;
  let step: { text: string; since: number } | undefined;
  const begin = (text: string, now: number) => {
    step = { text: text.split('\n', 1)[0] as string, since: now };
  };
  return {
    said: (now, text) => {
      if (text !== undefined) begin(text, now);
      lastWord = now;
    },
    progress: (now, line) => {
      begin(line, now);
      if (!live && now - lastWord < silent) return false;
      lastWord = now;
      return true;
    },
    due: (now) => {
      if (step === undefined || now - lastWord < (live ? still : silent)) return undefined;
      if (!live) lastWord = now;
      const passed = clock((now - step.since) / 1000);
      return live ? `${step.text} ${passed}` : `still: ${step.text} (${passed})`;
    },
  };
}
