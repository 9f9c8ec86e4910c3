import { Controller, Get, Req, Res, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import type { RoutePath } from '../status.config.js';

/** A controller that answers one GET route, which is given its path when the configuration is known. */
export interface OneRouteController {
  answer(request: unknown, response: unknown): Promise<void>;
}

/** A controller that answers for groups, too, each of which has a path below its own. */
export interface GroupController extends OneRouteController {
  answerGroup(group: string, request: unknown, response: unknown): Promise<void>;
}

/**
 * Gives a controller its path. Paths come from the configuration, which is known only after the module was declared and
 * before the router reads the decorators: so they are applied in between.
 */
export function mountController(controller: Type<OneRouteController>, path: RoutePath): void {
  if (path === false) return;
  Controller({ path, version: VERSION_NEUTRAL })(controller);
  mountMethod(controller, 'answer', '/');
}

/** Gives the groups of a controller their paths. One handler each: a path with a parameter would hide routes of the app. */
export function mountGroups(controller: Type<GroupController>, groups: readonly string[]): void {
  const { prototype } = controller as { prototype: GroupController };
  for (const group of groups) {
    const method = `answerGroup ${group}`;
    const value = function (this: GroupController, request: unknown, response: unknown) {
      return this.answerGroup(group, request, response);
    };
    Object.defineProperty(prototype, method, { value, configurable: true });
    Req()(prototype, method, 0);
    Res()(prototype, method, 1);
    mountMethod(controller, method, group);
  }
}

function mountMethod(controller: Type<OneRouteController>, method: string, path: string): void {
  const { prototype } = controller as { prototype: OneRouteController };
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
  if (descriptor) Get(path)(prototype, method, descriptor);
}
