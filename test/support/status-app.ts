import {
  Controller,
  Get,
  type INestApplication,
  type LoggerService,
  type ModuleMetadata,
} from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Resource, ResourceModule, type Criticality } from 'nestjs-mainstay/resource';
import { StatusModule, type StatusModuleOptions } from 'nestjs-mainstay/status';

/** The HTTP platforms of NestJS. */
export const PLATFORMS = ['express', 'fastify'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** A dependency that is as a test wants it. */
export class StagedResource extends Resource {
  override readonly criticality: Criticality;
  /** What probes and the initialisation meet; `undefined`: it works. */
  fault: (() => void | Promise<void>) | undefined;
  /** Facts that a probe gives. */
  details: Readonly<Record<string, string>> = {};
  probes = 0;

  constructor(
    readonly name: string,
    criticality: Criticality = 'degradable',
  ) {
    super();
    this.criticality = criticality;
  }

  async probe() {
    this.probes++;
    await this.fault?.();
    return { capabilities: { read: true, write: true }, details: this.details };
  }

  async close() {}

  protected steps() {
    return [{ name: 'test connection', run: async () => this.fault?.() }];
  }
}

/** A route of the application itself. */
@Controller('hello')
export class HelloController {
  @Get()
  hello(): string {
    return 'hello';
  }
}

/** An application with StatusModule that listens. */
export interface StatusApp extends AsyncDisposable {
  readonly app: INestApplication;
  readonly url: string;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
}

/** What {@link startStatusApp} builds. */
export interface StatusAppOptions {
  readonly status?: StatusModuleOptions;
  readonly resources?: readonly Resource[];
  readonly metadata?: ModuleMetadata;
  readonly logger?: LoggerService | false;
  readonly prepare?: (app: INestApplication) => void;
}

/** Starts an application with StatusModule on a free port of the loopback interface. */
export async function startStatusApp(
  platform: Platform,
  { status = {}, resources = [], metadata = {}, logger = false, prepare }: StatusAppOptions = {},
): Promise<StatusApp> {
  const testing = Test.createTestingModule({
    imports: [
      StatusModule.forRoot({ ...status, config: { drainDelay: 0, ...status.config } }),
      ResourceModule,
      ...(metadata.imports ?? []),
    ],
    controllers: [HelloController, ...(metadata.controllers ?? [])],
    providers: [
      ...resources.map((resource) => ({ provide: Symbol(resource.name), useValue: resource })),
      ...(metadata.providers ?? []),
    ],
  });
  const module = await testing.setLogger(logger === false ? SILENT : logger).compile();
  const app =
    platform === 'fastify'
      ? module.createNestApplication(new FastifyAdapter())
      : module.createNestApplication();
  prepare?.(app);
  await app.listen(0, '127.0.0.1').catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  return {
    app,
    url,
    get: (path, headers = {}) => fetch(url + path, { headers }),
    [Symbol.asyncDispose]: () => app.close(),
  };
}

const SILENT: LoggerService = { log: () => {}, error: () => {}, warn: () => {} };
