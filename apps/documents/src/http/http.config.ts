import Joi from 'joi';
import { defineConfig, durationSchema } from 'nestjs-mainstay/config';

/** Where and how the service listens. */
export interface HttpConfig {
  /** The address to listen on. */
  readonly host: string;
  /** The port to listen on; 0 takes a free one. */
  readonly port: number;
  /** How long a client may take to send a request, in milliseconds. */
  readonly requestTimeout: number;
  /** How long requests in flight have after a signal to stop, in milliseconds. */
  readonly shutdownTimeout: number;
}

/** The variables `HOST`, `PORT`, `REQUEST_TIMEOUT` and `SHUTDOWN_TIMEOUT`. */
export const httpConfig = defineConfig<HttpConfig>(
  '',
  Joi.object({
    host: Joi.string()
      .hostname()
      .default('127.0.0.1')
      .description('The address to listen on.')
      .example('0.0.0.0'),
    port: Joi.number()
      .port()
      .default(3000)
      .description('The port to listen on; 0 takes a free one.')
      .example(8080),
    requestTimeout: durationSchema()
      .min(1_000)
      .default('1h')
      .description('How long a client may take to send a request, an upload included.')
      .example('10m'),
    shutdownTimeout: durationSchema()
      .default('2500ms')
      .description('How long requests in flight have after a signal to stop.')
      .example('30s'),
  }),
);
