/** A password that stands in the addresses of the servers, and in the data of calls. */
export const SECRET = 'correct-horse-battery-9174';
