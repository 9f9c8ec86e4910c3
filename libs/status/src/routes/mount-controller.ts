import { Controller, Get, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import type { RoutePath } from '../status.config.js';

/** A controller that answers one GET route, which is given its path when the configuration is known. */
export interface OneRouteController {
  answer(request: unknown, response: unknown): Promise<unknown>;
}

/**
 * Gives a controller its path. Paths come from the configuration, which is known only after the module was declared and
 * before the router reads the decorators: so they are applied in between.
 */
export function mountController(controller: Type<OneRouteController>, path: RoutePath): void {
  if (path === false) return;
  Controller({ path, version: VERSION_NEUTRAL })(controller);
  const { prototype } = controller as { prototype: OneRouteController };
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'answer');
  if (descriptor) Get()(prototype, 'answer', descriptor);
}
