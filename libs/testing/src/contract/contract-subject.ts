import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import type { BootPolicy } from 'nestjs-mainstay/resource';

/** How the module is to be made for one check. */
export interface ContractVariation {
  readonly boot: BootPolicy;
  /** The name of a named instance; `undefined` for the one without a name. */
  readonly instance: string | undefined;
}

/** What the module depends on, for the checks that take it away. */
export interface ContractDependency {
  /** Makes it unreachable. Undone by {@link comeBack}. */
  readonly fail: () => Promise<void> | void;
  /** Keeps its connections and answers nothing any more. Undone by {@link comeBack}. */
  readonly hang?: () => Promise<void> | void;
  /** Makes it work again; called after each check, also when nothing was taken away. */
  readonly comeBack: () => Promise<void> | void;
}

/** A call of one operation of the module. */
export interface ContractOperation {
  /** Its name, as metrics show it. */
  readonly name: string;
  /**
   * Calls it once. A known failure of the dependency is to give `false` or `null`, or an error with a code.
   * @param data what a user would pass in: a key, a value, a parameter; it holds the secret of the subject
   */
  readonly call: (
    app: INestApplication,
    data: string,
    instance: string | undefined,
  ) => Promise<unknown>;
}

/** A module, as the contract needs to know it. */
export interface ModuleContractSubject {
  /** What the tests are called after: `CacheModule on Redis`. */
  readonly name: string;
  /** The name of the resource without an instance's name: `cache`, which makes `cache:sessions`. */
  readonly resource: string;
  /** Makes the module. */
  readonly imports: (variation: ContractVariation) => NonNullable<ModuleMetadata['imports']>;
  readonly operation: ContractOperation;
  /**
   * Eight characters or more that must be seen nowhere: put it into the configuration (as the password of the URL) where
   * there is a place for it.
   */
  readonly secret: string;
  /** A call that its caller got wrong, which must throw. Left out: that check does not apply. */
  readonly mistake?: (app: INestApplication) => Promise<unknown>;
  /** Left out for what cannot be away, such as memory of the process: the checks of outages do not apply. */
  readonly dependency?: ContractDependency;
  /** How long a check waits for what should happen, in milliseconds. @default 15 s, for busy machines */
  readonly patienceMs?: number;
  /** Whether the module can be imported several times under different names. @default true */
  readonly hasInstances?: boolean;
}
