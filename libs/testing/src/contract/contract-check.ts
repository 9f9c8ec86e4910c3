import { ContractApp, type ContractAppOptions } from './contract-app.js';
import type { ContractDependency, ModuleContractSubject } from './contract-subject.js';

/** One thing that every module does. */
export interface ContractCheck {
  /** What the module does, as the name of its test. */
  readonly name: string;
  /** Whether it makes sense for this module. @default always */
  readonly appliesTo?: (subject: ModuleContractSubject) => boolean;
  /** @throws with what is wrong and what to do */
  readonly run: (subject: ModuleContractSubject) => Promise<void>;
}

/** Starts an application, waits until its resources are ready, and ends it whatever comes. */
export async function withApp(
  subject: ModuleContractSubject,
  options: ContractAppOptions,
  body: (app: ContractApp) => Promise<void>,
): Promise<void> {
  const app = await ContractApp.start(subject, options);
  try {
    for (const instance of options.instances ?? [undefined])
      await app.ready(resourceOf(subject, instance));
    await body(app);
  } finally {
    await app.close();
  }
}

/** How one call ended, for whoever made it. */
export interface CallResult {
  readonly value?: unknown;
  readonly error?: unknown;
}

/** Calls the subject's operation once, with the secret in its data. */
export async function callOnce(
  subject: ModuleContractSubject,
  { app }: ContractApp,
  { instance, data = subject.secret }: { instance?: string; data?: string } = {},
): Promise<CallResult> {
  try {
    return { value: await subject.operation.call(app, data, instance) };
  } catch (error) {
    return { error };
  }
}

/** Whether a call brought what was asked for. */
export function worked({ value, error }: CallResult): boolean {
  return error === undefined && value !== false && value !== null;
}

/** The dependency of a subject that has one. */
export function dependencyOf({ name, dependency }: ModuleContractSubject): ContractDependency {
  if (!dependency) throw new Error(`${name} names no dependency.`);
  return dependency;
}

/** Whether a subject names a dependency that can be taken away. */
export const hasDependency = ({ dependency }: ModuleContractSubject): boolean =>
  dependency !== undefined;

/** The name of the resource of an instance. */
export function resourceOf({ resource }: ModuleContractSubject, instance?: string): string {
  return instance === undefined ? resource : `${resource}:${instance}`;
}
