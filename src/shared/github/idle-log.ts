import { clock } from '../base/duration.ts';

/** Milliseconds without a message after which the log gets one, where no live line is drawn. */
const logAfter = 30_000;
/** Milliseconds without a change after which a live line is drawn again. */
const redrawAfter = 2000;

/**
 * Watches the time since the last message, so that a long call does not look like a hang. All times in milliseconds.
 * @param live true if a line of progress is drawn and replaced; false if each is a line of the log
 */
export function watchIdleLog(live: boolean, start: number) {
  let lastMessage = start;
  let step: { text: string; since: number } | undefined;
  const begin = (text: string, now: number) => {
    step = { text: text.split('\n', 1)[0] as string, since: now };
  };
  return {
    /** Notes a message of the log. `text` names the work that begins with it. */
    logged: (now: number, text?: string): void => {
      if (text !== undefined) begin(text, now);
      lastMessage = now;
    },
    /** Notes the state of long work. @returns true if it is to be shown */
    progress: (now: number, line: string): boolean => {
      begin(line, now);
      if (!live && now - lastMessage < logAfter) return false;
      lastMessage = now;
      return true;
    },
    /** Returns the line that is due because there was no message. Called each second. */
    due: (now: number): string | undefined => {
      if (step === undefined || now - lastMessage < (live ? redrawAfter : logAfter)) return undefined;
      if (!live) lastMessage = now;
      const passed = clock((now - step.since) / 1000);
      return live ? `${step.text} ${passed}` : `still: ${step.text} (${passed})`;
    },
  };
}
