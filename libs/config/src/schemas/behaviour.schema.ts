import Joi from 'joi';

/** What the start of the app does while a resource is down: go on degraded, or refuse. */
export type Boot = 'degraded' | 'required';

/** What the outage of a resource means for the readiness of the app. */
export type Criticality = 'critical' | 'degradable' | 'informational';

/** `<MODULE>_BOOT`: whether the app starts without the resource. Default `degraded`. */
export function bootSchema(): Joi.StringSchema<Boot> {
  return Joi.string<Boot>()
    .valid('degraded', 'required')
    .default('degraded')
    .description(
      'Whether the app starts while this resource is down (degraded) or refuses to (required).',
    )
    .example('required');
}

/** `<MODULE>_CRITICALITY`: what an outage means for the readiness of the app. Default `degradable`. */
export function criticalitySchema(): Joi.StringSchema<Criticality> {
  return Joi.string<Criticality>()
    .valid('critical', 'degradable', 'informational')
    .default('degradable')
    .description(
      'What an outage means: critical makes the app not ready, degradable only degraded, informational is shown.',
    )
    .example('critical');
}
