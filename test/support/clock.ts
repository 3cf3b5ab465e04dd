/**
 * Loaded before a program (`node --import`): its clock is `AZL_TEST_CLOCK` seconds ahead of this machine's, as on a runner
 * whose clock is wrong. Time passes as fast as ever.
 */
const ahead = 1000 * Number(process.env['AZL_TEST_CLOCK']);
const Real = Date;

class Shifted extends Real {
  constructor(...given: unknown[]) {
    super(...((given.length === 0 ? [Real.now() + ahead] : given) as [number]));
  }

  static override now(): number {
    return Real.now() + ahead;
  }
}

globalThis.Date = Shifted as DateConstructor;
