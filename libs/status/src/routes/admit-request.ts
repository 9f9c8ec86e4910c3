import type { RouteAnswer } from './route-answer.js';
import type { StatusAccess } from './status-access.js';

/** The answer to whom a route does not exist for. */
const NOT_FOUND: RouteAnswer = { status: 404, body: { statusCode: 404, message: 'Not Found' } };

/** The answer to who has to show who it is. */
const UNAUTHORIZED: RouteAnswer = {
  status: 401,
  body: { statusCode: 401, message: 'Unauthorized' },
  headers: { 'WWW-Authenticate': 'Bearer' },
};

/** Answers a request that may see the route, with or without details; anybody else learns nothing. */
export async function admitRequest<Answer>(
  access: StatusAccess,
  request: unknown,
  answer: (showsDetails: boolean) => Answer | Promise<Answer>,
): Promise<Answer | RouteAnswer> {
  const admission = await access.admit(request);
  if (admission === 'hidden') return NOT_FOUND;
  if (admission === 'refused') return UNAUTHORIZED;
  return answer(access.showsDetails(admission === 'authorized'));
}
