import type { ConfigKey } from '../config-key.js';
import type { ConfigRequest } from '../config-request.js';
import type { ConfigViolation } from '../violation.js';
import { formatValue } from './format-value.js';

/** In production an embedded engine has to be asked for by name. */
export function describeZeroSetup(request: ConfigRequest, key: ConfigKey): ConfigViolation {
  const variable = request.variable(key.name);
  const engine = String(key.default);
  const example = formatValue(key.example ?? engine, key.type);
  const server = example === engine ? '' : `name the server (${variable}=${example}), or `;
  return {
    variable,
    found: 'nothing, and NODE_ENV=production refuses the zero-setup mode',
    allowed: key.allowed,
    fix: `${server}name the embedded engine explicitly if that is meant: ${variable}=${engine}`,
  };
}

/** The loud line about what runs on embedded engines because nothing was set. */
export function formatZeroSetup(
  uses: readonly { readonly variable: string; readonly engine: string }[],
): string {
  const list = uses.map(({ variable, engine }) => `${variable} (${engine})`).join(', ');
  return (
    `ZERO-SETUP MODE, for development: not set, so that an embedded engine is used: ${list}. ` +
    'Set them, or name the embedded engine explicitly; NODE_ENV=production refuses to start like this.'
  );
}
