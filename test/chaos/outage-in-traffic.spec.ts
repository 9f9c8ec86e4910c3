import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectEveryAttemptEnded } from '../support/attempts.js';
import {
  networkDisturbances,
  serverDisturbances,
  type Disturbance,
} from '../support/chaos/disturbance.js';
import { ServiceUnderFire, type Experience } from '../support/chaos/service-under-fire.js';
import { storedDocuments } from '../support/chaos/stored-documents.js';
import type { TrafficKind, TrafficResult } from '../support/chaos/traffic.js';
import { expectUnavailable } from '../support/problem.js';
import { describeOwnServers } from '../support/servers/describe-own-servers.js';

/** Deadlines of the service, short so that an outage need not last long to meet them. */
const env = { DATABASE_ACQUIRE_TIMEOUT: '1s', DATABASE_STATEMENT_TIMEOUT: '2s' };
/** A connection, a statement and the end of its transaction at their deadlines, and some time for the machine. */
const ANY_WITHIN_MS = 6_000;
/** The shared tier at its deadline, and some time for the machine. */
const CACHED_WITHIN_MS = 1_500;

let fire: ServiceUnderFire;
let pid: number;

function startBeforeAll(url: 'url' | 'proxiedUrl'): void {
  beforeAll(async () => {
    fire = await ServiceUnderFire.start(env, url);
    ({ pid } = fire.service);
  });
  afterAll(async () => {
    await fire?.dispose();
  });
}

function of(kind: TrafficKind, results: readonly TrafficResult[]): readonly TrafficResult[] {
  return results.filter((result) => result.kind === kind);
}

/** Asserts what holds whatever is disturbed. */
async function expectSurvived({ all }: Experience): Promise<void> {
  expect(fire.service.pid).toBe(pid);
  expect(all.filter(({ durationMs }) => durationMs > ANY_WITHIN_MS)).toEqual([]);
  const shown = of('show', all);
  expect(shown.filter(({ status }) => status !== 200)).toEqual([]);
  expect(shown.filter(({ durationMs }) => durationMs > CACHED_WITHIN_MS)).toEqual([]);
  await expectEveryAttemptEnded(fire.service.url);
}

function describeDisturbances(
  url: 'url' | 'proxiedUrl',
  disturbances: readonly Disturbance[],
): void {
  describe('Redis', () => {
    startBeforeAll(url);

    it.each(disturbances)('is $name: everything goes on without it', async (disturbance) => {
      const experience = await fire.experience('redis', disturbance, () =>
        fire.expectEverythingWorks(),
      );
      await expectSurvived(experience);
      expect(experience.all.filter(({ status = 0 }) => status < 200 || status > 299)).toEqual([]);
      const { rows, contents } = await storedDocuments(fire.service);
      expect(contents).toEqual(rows);
    });
  });

  describe('PostgreSQL', () => {
    startBeforeAll(url);

    it.each(disturbances)(
      'is $name: uploads are refused and leave nothing, what is cached goes on',
      async (disturbance) => {
        const { contents: before } = await storedDocuments(fire.service);
        const experience = await fire.experience('postgres', disturbance, async () => {
          const answer = await fire.client.upload({ name: 'refused.txt', content: 'refused' });
          expectUnavailable(answer, '/documents');
        });
        await expectSurvived(experience);
        const failed = experience.all.filter(({ status = 0 }) => status < 200 || status > 299);
        expect(failed.filter(({ status }) => status !== 503)).toEqual([]);
        expect(of('download', experience.all).filter(({ status }) => status !== 200)).toEqual([]);
        if (disturbance.isOutage) {
          expect(of('upload', experience.during).filter(({ status }) => status === 201)).toEqual(
            [],
          );
        }
        await expectNothingLeft(experience, before);
      },
    );
  });
}

describeOwnServers('in the middle of traffic', () => {
  describe('a server', () => {
    describeDisturbances('url', serverDisturbances);
  });

  describe('the network', () => {
    describeDisturbances('proxiedUrl', networkDisturbances);
  });
});

/**
 * Rows and contents match one to one, but for requests whose outcome nobody can know: one that was under way when the
 * server went, and a delete whose statement a frozen server executes when it goes on. Their contents are kept, for the
 * sweep at the next start.
 * @param before contents that were left by an earlier disturbance
 */
async function expectNothingLeft(
  { all, cut }: Experience,
  before: readonly string[],
): Promise<void> {
  const { rows, contents } = await storedDocuments(fire.service);
  expect(rows.filter((id) => !contents.includes(id))).toEqual([]);
  const isUnknown = ({ kind, status }: TrafficResult): boolean =>
    kind === 'delete' && status === 503;
  const known = [...rows, ...before, ...all.filter(isUnknown).map(({ id }) => id)];
  const left = contents.filter((id) => !known.includes(id));
  const cutUploads = of('upload', cut).filter(({ status }) => status === 503);
  expect(left.length).toBeLessThanOrEqual(cutUploads.length);
}
