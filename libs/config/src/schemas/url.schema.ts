import Joi from 'joi';

/** What a connection URL may be, see {@link urlSchema}. */
export interface UrlSchemaOptions {
  /** The schemes that are understood, each with its colon: `['memory:', 'redis:', 'rediss:']`. */
  readonly protocols: readonly string[];
  /**
   * The embedded engine that is used while nothing is set, `'memory:'`: the zero-setup mode of development. It is the
   * default value, logged loudly at boot, and refused when `NODE_ENV=production`, where the same URL must be named.
   */
  readonly embeddedDefault?: string;
}

/**
 * A connection URL that chooses an engine by its scheme; the config gets it as text, its scheme in lower case. Only the
 * scheme is checked here: lists of hosts and relative paths are no URLs to WHATWG.
 * @example
 * Joi.object({ url: urlSchema({ protocols: ['memory:', 'redis:'], embeddedDefault: 'memory:' }).example('redis://localhost:6379/0') })
 */
export function urlSchema(options: UrlSchemaOptions): Joi.StringSchema {
  const schema = Joi.string()
    .trim()
    .custom(
      (url: string, helpers) => checkUrl(url, options.protocols) ?? helpers.error('url.scheme'),
    )
    .messages({
      'url.scheme': `{{#label}} must be a URL that begins with ${options.protocols.join(', ')}`,
    })
    .meta({ protocols: options.protocols });
  return options.embeddedDefault === undefined
    ? schema
    : schema.default(options.embeddedDefault).meta({ zeroSetup: true });
}

function checkUrl(url: string, protocols: readonly string[]): string | undefined {
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(url)?.[0];
  if (scheme === undefined || /\s/.test(url) || !protocols.includes(scheme.toLowerCase()))
    return undefined;
  return scheme.toLowerCase() + url.slice(scheme.length);
}
