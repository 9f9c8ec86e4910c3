import { Global, Module } from '@nestjs/common';
import { ClockModule } from 'nestjs-mainstay/common';
import { OperationBinder } from 'nestjs-mainstay/resilience';
import { Operations } from './operations.js';
import { ResourceCloser } from './resource-closer.js';
import { ResourceDiscovery } from './resource-discovery.js';
import { ResourceInitializer } from './resource-initializer.js';
import { ResourceRegistry } from './resource-registry.js';
import { ResourceShutdown } from './resource-shutdown.js';

/**
 * The one registry, initialiser and set of operations of an application. Global, so that `@Operation` and `@Resilient` work in every
 * module. @internal imported by ResourceModule
 */
@Global()
@Module({
  imports: [ClockModule],
  providers: [
    ResourceRegistry,
    Operations,
    { provide: OperationBinder, useExisting: Operations },
    ResourceCloser,
    ResourceInitializer,
    ResourceDiscovery,
    ResourceShutdown,
  ],
  exports: [ResourceRegistry, Operations, OperationBinder, ResourceInitializer],
})
export class ResourceCoreModule {}
