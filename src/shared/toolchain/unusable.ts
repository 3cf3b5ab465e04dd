/** A toolchain of another job or run is not what it should be. The message says what is wrong with it. */
export class UnusableToolchainError extends Error {}
