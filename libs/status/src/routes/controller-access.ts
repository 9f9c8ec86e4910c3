import { NotFoundException, UnauthorizedException } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { StatusAccess } from './status-access.js';

/**
 * Lets a request of a controller pass or not.
 * @returns whether details may be shown to it
 * @throws NotFoundException when nothing can open the route, UnauthorizedException when the request has to show who it is
 */
export async function admitRequest(
  access: StatusAccess,
  host: HttpAdapterHost,
  request: unknown,
  response: unknown,
): Promise<boolean> {
  const admission = await access.admit(request);
  if (admission === 'hidden') throw new NotFoundException();
  if (admission === 'refused') {
    host.httpAdapter.setHeader?.(response, 'WWW-Authenticate', 'Bearer');
    throw new UnauthorizedException();
  }
  return access.showsDetails(admission === 'authorized');
}
