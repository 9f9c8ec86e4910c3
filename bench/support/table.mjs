/** @typedef {import('./figure.mjs').Figure} Figure */

const heads = ['figure', 'ours', 'peer', 'ratio', 'bound', ''];

/**
 * Figures for people.
 * @param {readonly Figure[]} figures
 */
export function table(figures) {
  const rows = [heads, ...figures.map(cells)];
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => row.map((cell, column) => pad(cell, column, widths)).join('  '))
    .join('\n');
}

/** @param {Figure} figure */
function cells({ name, value, peer, ratio, bound, ok }) {
  const verdict = ok === null ? '' : ok ? 'ok' : 'MISSED';
  return [name, number(value), number(peer), number(ratio), bound ?? '', verdict];
}

/** @param {number | null} value */
function number(value) {
  return value === null ? '' : value.toLocaleString('en', { maximumSignificantDigits: 4 });
}

/**
 * @param {string} cell
 * @param {number} column
 * @param {readonly number[]} widths
 */
function pad(cell, column, widths) {
  const width = widths[column] ?? 0;
  const isNumber = column >= 1 && column <= 3;
  return isNumber ? cell.padStart(width) : cell.padEnd(width);
}
