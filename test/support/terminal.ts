import { type ChildProcess, spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/** How a command in a terminal ended, and what the screen showed meanwhile. */
export interface Shown {
  code: number;
  screen: string;
}

/** The variables of the shell: its prompt is short, and nothing of the user's settings is read. */
const settings = { PS1: '$ ', TERM: 'xterm', LC_ALL: 'C.UTF-8', HISTFILE: '/dev/null' };

/** Milliseconds without a new character after which a screen stands still for good. */
const silence = 300_000;

/** The line that tells the end of a command. */
const end = /\[exit (\d+)\]/;

/** The screen of a terminal on which nothing moves any more. */
export class StandsStill extends Error {}

/** A shell in a terminal of its own: lines are typed, and the screen is read, as a person does it. */
export class Terminal {
  private readonly child: ChildProcess;
  private raw = '';
  /** The part of the screen that was read begins here. */
  private seen = 0;
  private readonly wakers = new Set<() => void>();
  private ended = false;

  /** @param env more variables of the shell */
  constructor(cwd: string, env: Readonly<Record<string, string>> = {}) {
    const shell = 'exec bash --norc --noprofile -i';
    this.child = spawn('script', ['--quiet', '--flush', '--return', '--command', shell, '/dev/null'], {
      cwd,
      env: {
        ...{ PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', SHELL: '/bin/sh' },
        ...settings,
        ...env,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const wake = () => {
      for (const one of this.wakers) one();
    };
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.raw += text;
        wake();
      });
    this.child.once('close', () => {
      this.ended = true;
      wake();
    });
  }

  /** What the screen showed since the last command or line was typed: text without its control characters. */
  get screen(): string {
    return stripVTControlCharacters(this.raw.slice(this.seen)).replace(/\r+\n/g, '\n');
  }

  /** Types a line and the Enter key. What was on the screen before does not count any more. */
  type(line: string): void {
    this.seen = this.raw.length;
    this.child.stdin?.write(`${line}\r`);
  }

  /**
   * Waits until the screen shows `pattern`.
   * @throws StandsStill with the screen if nothing moves any more
   * @throws Error with the screen if the command or the terminal ends before
   */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const { screen } = this;
      const found = pattern.exec(screen);
      if (found !== null) return found;
      if (this.ended || end.test(screen)) throw new Error(`it ended without ${pattern}:\n${screen}`);
      if (!(await this.moves())) throw new StandsStill(`nothing moves, without ${pattern}:\n${screen}`);
    }
  }

  /** Waits for the next output, or for the end of the terminal. @returns false if neither comes */
  private async moves(): Promise<boolean> {
    return await new Promise((resolve) => {
      const waker = () => {
        clearTimeout(timer);
        this.wakers.delete(waker);
        // What comes in many pieces is looked at once.
        setTimeout(resolve, 20, true);
      };
      const timer = setTimeout(() => {
        this.wakers.delete(waker);
        resolve(false);
      }, silence);
      this.wakers.add(waker);
    });
  }

  /** Types a command into the shell, and waits for its end. */
  async run(command: string): Promise<Shown> {
    this.start(command);
    return await this.finish();
  }

  /** Types a command whose programs wait for more lines. */
  start(command: string): void {
    // The echo of the line has `$?`, and only what it prints has a number.
    this.type(`${command}; echo "[exit $?]"`);
  }

  /** Waits for the end of the last command. */
  async finish(): Promise<Shown> {
    const [, code] = await this.shows(end);
    return { code: Number(code), screen: this.screen };
  }

  /** Closes the terminal, which ends what runs in it. */
  async close(): Promise<void> {
    if (this.ended) return;
    const closed = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGTERM');
    await closed;
  }
}
