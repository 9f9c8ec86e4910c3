import type { ExpositionFormat } from './exposition-format.js';

const OPENMETRICS = 'application/openmetrics-text';

/**
 * Chooses the format that an `Accept` header prefers.
 * @returns `openmetrics` when its version 1.0.0 is asked for and no other accepted type is preferred to it
 */
export function negotiateFormat(accept: string | undefined): ExpositionFormat {
  let openmetrics = 0;
  let text = 0;
  for (const range of (accept ?? '').toLowerCase().split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim());
    const weight = Number(parameter(parameters, 'q') ?? 1);
    const version = parameter(parameters, 'version');
    if (type === OPENMETRICS && (version === undefined || version === '1.0.0')) {
      openmetrics = Math.max(openmetrics, weight);
    } else if (type === 'text/plain' || type === 'text/*') {
      text = Math.max(text, weight);
    }
  }
  return openmetrics > 0 && openmetrics >= text ? 'openmetrics' : 'prometheus';
}

function parameter(parameters: readonly string[], name: string): string | undefined {
  const found = parameters.find((part) => part.startsWith(`${name}=`));
  return found?.slice(name.length + 1).replace(/^"|"$/g, '');
}
