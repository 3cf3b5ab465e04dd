/** The one time that builds know: 2025-01-01. Not the changelog's, which every Release bump moves. */
export const sourceDateEpoch = 1_735_689_600;
