import Joi from 'joi';
import { defineConfig, durationSchema } from 'nestjs-mainstay/config';

/** Who sees more than the word of a state: nobody, who may see the routes by token or hook, everybody. */
export type StatusDetails = 'never' | 'when-authorized' | 'always';

/** A path, or `false` for no such route. */
export type RoutePath = string | false;

/** Configuration of StatusModule; read from `STATUS_*`. */
export interface StatusConfig {
  readonly livezPath: RoutePath;
  readonly readyzPath: RoutePath;
  readonly startupzPath: RoutePath;
  readonly metricsPath: RoutePath;
  readonly healthPath: RoutePath;
  readonly jsonPath: RoutePath;
  readonly eventsPath: RoutePath;
  readonly details?: StatusDetails;
  readonly token?: string;
  readonly probeInterval: number;
  readonly probeTimeout: number;
  readonly drainDelay?: number;
  readonly maxStall: number;
  readonly maxEventClients: number;
  readonly managementPort?: number;
  readonly managementHost?: string;
  readonly probesOnMainPort: boolean;
  readonly maxLabelSets: number;
}

/** How StatusModule reads its configuration. */
export const statusConfig = defineConfig<StatusConfig>(
  'status',
  Joi.object<StatusConfig>({
    livezPath: pathSchema(
      '/livez',
      'whether the process lives (never fails because of a dependency)',
    ),
    readyzPath: pathSchema('/readyz', 'whether this instance takes traffic'),
    startupzPath: pathSchema('/startupz', 'whether the start has ended'),
    metricsPath: pathSchema('/metrics', 'the metrics for Prometheus'),
    healthPath: pathSchema(
      '/health',
      "Terminus's report; under the global prefix and guards of the app",
    ),
    jsonPath: pathSchema(
      '/status.json',
      'the whole status as JSON; under the global prefix and guards of the app',
    ),
    eventsPath: pathSchema(
      '/status/events',
      'the live status as server-sent events; under the global prefix and guards of the app',
    ),
    details: Joi.string<StatusDetails>()
      .valid('never', 'when-authorized', 'always')
      .description(
        'Who sees more than the word of a state in /health and /status.json. Default: never in production, otherwise always.',
      )
      .example('when-authorized'),
    token: Joi.string()
      .min(16)
      .meta({ secret: true })
      .description(
        'Opens /metrics, /health, /status.json and /status/events to whoever sends it as a bearer token. In production they are closed without it.',
      )
      .example('a-long-random-text'),
    probeInterval: durationSchema()
      .min(1)
      .default('5s')
      .description('Time between two background probes of a resource, varied by ± 10 %.')
      .example('10s'),
    probeTimeout: durationSchema()
      .min(1)
      .default('1s')
      .description('Time for one background probe.')
      .example('500ms'),
    drainDelay: durationSchema()
      .description(
        'How long the app goes on serving after /readyz has turned 503 at shutdown. Default: 2s in production, otherwise 0.',
      )
      .example('5s'),
    maxStall: durationSchema()
      .min(1)
      .default('10s')
      .description(
        'How long the event loop may be held before /livez answers 503, until a heartbeat (each second) comes in time.',
      )
      .example('30s'),
    maxEventClients: Joi.number()
      .integer()
      .min(1)
      .default(20)
      .description('Clients that /status/events serves at a time; the next one hears 503.')
      .example(100),
    managementPort: Joi.number()
      .port()
      .description(
        'A port of their own for all status routes, without prefix and guards; the port of the app then has none of them.',
      )
      .example(9000),
    managementHost: Joi.string()
      .hostname()
      .description('The address that the management port listens on. Default: all interfaces.')
      .example('127.0.0.1'),
    probesOnMainPort: Joi.boolean()
      .default(false)
      .description(
        'Whether /livez, /readyz and /startupz stay on the port of the app, too, when there is a management port.',
      )
      .example(true),
    maxLabelSets: Joi.number()
      .integer()
      .min(1)
      .default(200)
      .description(
        'Sets of names (resources, operations, types of errors) that one metric tells apart; further ones become _OTHER.',
      )
      .example(500),
  }),
);

function pathSchema(path: string, meaning: string): Joi.StringSchema {
  return Joi.string()
    .custom((text: string, helpers) => readPath(text) ?? helpers.error('path.form'))
    .messages({ 'path.form': '{{#label}} must be a path like /health, or false' })
    .allow(false)
    .default(path)
    .description(`Path of ${meaning}; false for no such route.`)
    .example(path);
}

function readPath(text: string): RoutePath | undefined {
  if (text === 'false') return false;
  return /^(?:\/[\w.~-]+)+$/.test(text) ? text : undefined;
}
