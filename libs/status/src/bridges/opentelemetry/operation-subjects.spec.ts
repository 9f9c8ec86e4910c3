import { expect, it } from 'vitest';
import { OperationSubjects } from './operation-subjects.js';

it('what is called before it is registered is a database as soon as it says so', () => {
  const entries = new Map<string, never>();
  const subjects = new OperationSubjects({ get: (name) => entries.get(name) });
  expect(subjects.of('ledger', 'query').isDatabase).toBe(false);
  entries.set('ledger', { resource: { system: 'postgresql' } } as never);
  const subject = subjects.of('ledger', 'query');
  expect(subject.isDatabase).toBe(true);
  expect(subjects.of('ledger', 'query')).toBe(subject);
});
