/** Wakes a waiting loop. A call made while the loop is busy ends its next wait at once. */
export class WakeUp {
  private isCalled = false;
  private end: (() => void) | undefined;

  /** Ends the wait. */
  call(): void {
    this.isCalled = true;
    this.end?.();
  }

  /** Forgets earlier calls: what they were about is looked at now. */
  clear(): void {
    this.isCalled = false;
  }

  /** Waits for a call, for the signal, or for so many seconds; for ever if they are infinite. */
  async wait(seconds: number, signal: AbortSignal): Promise<void> {
    if (this.isCalled || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = Number.isFinite(seconds) ? setTimeout(resolve, seconds * 1000) : undefined;
      this.end = () => {
        clearTimeout(timer);
        resolve();
      };
      signal.addEventListener('abort', this.end, { once: true });
    });
    if (this.end !== undefined) signal.removeEventListener('abort', this.end);
    this.end = undefined;
  }
}
