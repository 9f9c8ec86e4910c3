const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH = `(?<month>${MONTHS.join('|')})`;
const TIME = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})';

/** The three forms that RFC 9110 (5.6.7) wants understood; only the first may be sent. */
const FORMS = [
  new RegExp(
    `^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\\d{2}) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`,
  ),
  new RegExp(
    `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\\d{2})-${MONTH}-(?<year>\\d{2}) ${TIME} GMT$`,
  ),
  new RegExp(
    `^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`,
  ),
];

/** A time as HTTP headers give it, to the second. @param wallMs milliseconds since 1970 */
export function formatHttpDate(wallMs: number): string {
  return new Date(wallMs).toUTCString();
}

/**
 * Reads a date of an HTTP header, in any of its three forms. `Date.parse` would also take what is no such date, which
 * has to be ignored.
 * @param nowMs milliseconds since 1970; tells which century a year of two digits is in
 * @returns milliseconds since 1970; `undefined` when it is no date
 */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  const parts = FORMS.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (!parts) return undefined;
  const { year = '', month = '', day, hour, minute, second } = parts;
  const fullYear = year.length === 2 ? recentYear(Number(year), nowMs) : Number(year);
  const [date, hours, minutes, seconds] = [day, hour, minute, second].map(Number) as Time;
  const isTime = hours < 24 && minutes < 60 && seconds <= 60;
  const midnight = Date.UTC(fullYear, MONTHS.indexOf(month), date);
  if (!isTime || new Date(midnight).getUTCDate() !== date) return undefined;
  return midnight + ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}

type Time = [date: number, hours: number, minutes: number, seconds: number];

/** The last year with these two digits that is not more than 50 years ahead. */
function recentYear(digits: number, nowMs: number): number {
  const latest = new Date(nowMs).getUTCFullYear() + 50;
  return latest - ((latest - digits) % 100);
}
