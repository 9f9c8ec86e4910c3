/**
 * One figure of a suite.
 * @typedef {object} Figure
 * @property {string} name what was measured, in which unit, against which peer
 * @property {number} value ours
 * @property {number | null} peer the peer's, in the same run
 * @property {number | null} ratio value ÷ peer
 * @property {string | null} bound what the figure is to reach: `value <= 15` or `ratio <= 2`; `null`: shown only
 * @property {boolean | null} ok whether it does
 */

/** @typedef {{ value: number, peer?: number, ratio?: number }} Measured */
/** @typedef {{ value: number } | { ratio: number }} Bound the highest value or ratio that is good enough */

/**
 * @param {string} name
 * @param {Measured} measured `ratio` where it is not simply value ÷ peer
 * @param {Bound} [bound]
 * @returns {Figure}
 */
export function figure(name, { value, peer, ratio }, bound) {
  const quotient = ratio ?? (peer === undefined ? undefined : value / peer);
  const figures = { value: round(value), peer: round(peer), ratio: round(quotient) };
  return { name, ...figures, ...judge(bound, value, quotient) };
}

/**
 * @param {Bound | undefined} bound
 * @param {number} value
 * @param {number | undefined} ratio
 */
function judge(bound, value, ratio = NaN) {
  if (bound === undefined) return { bound: null, ok: null };
  return 'value' in bound
    ? { bound: `value <= ${bound.value}`, ok: value <= bound.value }
    : { bound: `ratio <= ${bound.ratio}`, ok: ratio <= bound.ratio };
}

/**
 * Four digits that count.
 * @template {number | undefined} T
 * @param {T} number
 * @returns {T extends number ? number : null}
 */
function round(number) {
  const rounded = number === undefined ? null : Number(number.toPrecision(4));
  return /** @type {T extends number ? number : null} */ (rounded);
}
