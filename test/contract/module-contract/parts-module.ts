import {
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type INestApplication,
} from '@nestjs/common';
import {
  Operations,
  Resource,
  ResourceModule,
  type BootPolicy,
  type BoundOperation,
  type InitializationStep,
  type ProbeResult,
  type ResourceOperations,
} from 'nestjs-mainstay/resource';
import type { ContractVariation, ModuleContractSubject } from 'nestjs-mainstay/testing/contract';
import type { PartsBroker, PartsSession } from './parts-broker.js';

export const SECRET = 'parts-secret-4711';

/** A resource that is right; what is wrong with others is overridden. */
export class PartsResource extends Resource {
  readonly name: string;
  override readonly boot: BootPolicy;
  readonly broker: PartsBroker;
  protected session: PartsSession | undefined;

  constructor(broker: PartsBroker, { boot, instance }: ContractVariation) {
    super();
    this.broker = broker;
    this.name = instance === undefined ? 'parts' : `parts:${instance}`;
    this.boot = boot;
  }

  /** The name that operations are recorded under. */
  get recordedAs(): string {
    return this.name;
  }

  protected steps(): InitializationStep[] {
    return [{ name: 'create connection', run: (signal) => this.connect(signal) }];
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    await this.send(signal);
    return { capabilities: { read: true, write: true } };
  }

  async close(): Promise<void> {
    this.session = undefined;
  }

  /** One round trip; a session that was lost is made anew for the next. */
  async send(signal: AbortSignal): Promise<boolean> {
    try {
      this.session ??= await this.broker.connect(signal);
      await this.session.send(signal);
      return true;
    } catch (error) {
      this.lose();
      throw error;
    }
  }

  protected lose(): void {
    this.session = undefined;
  }

  protected async connect(signal: AbortSignal): Promise<void> {
    this.session = await this.broker.connect(signal);
  }
}

/** A service that is right. */
export class PartsService implements BeforeApplicationShutdown {
  protected readonly resource: PartsResource;
  protected readonly operations: ResourceOperations;
  protected readonly sending: BoundOperation;

  constructor(resource: PartsResource, operations: Operations) {
    this.resource = resource;
    const unlimited = { tryTimeoutMs: false, totalTimeoutMs: false, retry: false } as const;
    this.operations = operations.of({ name: resource.recordedAs }, unlimited);
    this.sending = this.operations.bind('send');
  }

  /** Sends something; `false` when the broker is away. */
  send(data: string): Promise<boolean> {
    if (data === '') return Promise.reject(new TypeError('Nothing to send.'));
    return this.sending.runOrElse(false, (_data, { signal }) => this.resource.send(signal), data);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.sayGoodbye();
  }

  protected async sayGoodbye(): Promise<void> {}
}

/** What one module is made of, right or wrong. */
export interface PartsBlueprint {
  readonly resource?: typeof PartsResource;
  readonly service?: typeof PartsService;
  /** Further providers that the application cannot start without. */
  readonly needs?: DynamicModule['providers'];
}

@Module({})
class PartsModule {}

function tokenOf(instance: string | undefined): string {
  return `parts ${instance ?? ''}`;
}

/** The subject of the contract that a blueprint makes. */
export function partsSubject(
  broker: PartsBroker,
  { resource = PartsResource, service = PartsService, needs = [] }: PartsBlueprint = {},
): ModuleContractSubject {
  const serviceOf = (app: INestApplication, instance?: string): PartsService =>
    app.get(tokenOf(instance), { strict: false });
  const imports = (variation: ContractVariation): DynamicModule[] => [
    {
      module: PartsModule,
      imports: [ResourceModule],
      providers: [
        { provide: PartsResource, useFactory: () => new resource(broker, variation) },
        {
          provide: tokenOf(variation.instance),
          inject: [PartsResource, Operations],
          useFactory: (of: PartsResource, operations: Operations) => new service(of, operations),
        },
        ...needs,
      ],
    },
  ];
  return {
    name: 'PartsModule',
    resource: 'parts',
    secret: SECRET,
    imports,
    operation: { name: 'send', call: (app, data, instance) => serviceOf(app, instance).send(data) },
    mistake: (app) => serviceOf(app).send(''),
    dependency: {
      fail: () => broker.fail(),
      hang: () => broker.hang(),
      comeBack: () => broker.comeBack(),
    },
  };
}
