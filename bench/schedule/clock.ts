/** A course of actions in simulated time. It yields the seconds to wait, or a signal and the most seconds to wait for it. */
export type Course = Generator<number | { atMost: number; or: Signal }, void, void>;

/** Wakes the course that waits for it. */
export class Signal {
  private wake: (() => void) | undefined;

  fire(): void {
    const wake = this.wake;
    this.wake = undefined;
    wake?.();
  }

  /** @internal */
  set(wake: () => void): void {
    this.wake = wake;
  }
}

interface Event {
  at: number;
  run: () => void;
}

/** Simulated time, in seconds. It passes from event to event. */
export class Clock {
  now = 0;
  /** Latest first. Of events at one time, the one that was added first is last. */
  private events: Event[] = [];

  after(seconds: number, run: () => void): void {
    const at = this.now + Math.max(0, seconds);
    let [low, high] = [0, this.events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.events[middle] as Event).at <= at) high = middle;
      else low = middle + 1;
    }
    this.events.splice(low, 0, { at, run });
  }

  /** Runs a course until its end, or until `isOver` returns true. */
  start(course: Course, isOver: () => boolean): void {
    const step = () => {
      if (isOver()) return;
      const { value, done } = course.next();
      if (done === true) return;
      if (typeof value === 'number') this.after(value, step);
      else {
        let woken = false;
        const once = () => {
          if (woken) return;
          woken = true;
          step();
        };
        value.or.set(once);
        this.after(value.atMost, once);
      }
    };
    step();
  }

  /** Runs until no event is left. */
  run(): void {
    for (let next = this.events.pop(); next !== undefined; next = this.events.pop()) {
      this.now = next.at;
      next.run();
    }
  }
}
