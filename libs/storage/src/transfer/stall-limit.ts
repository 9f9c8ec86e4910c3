/** Without progress for so long a transfer is given up, in milliseconds. */
export const STALL_MS = 30_000;
