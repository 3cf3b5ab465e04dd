/** The time of every build: 2025-01-01. The changelog's time would change with every bump of a Release. */
export const sourceDateEpoch = 1_735_689_600;
