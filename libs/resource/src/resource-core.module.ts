import { Global, Module } from '@nestjs/common';
import { ClockModule } from 'nestjs-mainstay/common';
import { Operations } from './operations.js';
import { ResourceCloser } from './resource-closer.js';
import { ResourceDiscovery } from './resource-discovery.js';
import { ResourceInitializer } from './resource-initializer.js';
import { ResourceRegistry } from './resource-registry.js';
import { ResourceShutdown } from './resource-shutdown.js';

/**
 * The one registry, initialiser and set of operations of an application. Global, so that `@Operation` works in every
 * module. @internal imported by ResourceModule
 */
@Global()
@Module({
  imports: [ClockModule],
  providers: [
    ResourceRegistry,
    Operations,
    ResourceCloser,
    ResourceInitializer,
    ResourceDiscovery,
    ResourceShutdown,
  ],
  exports: [ResourceRegistry, Operations, ResourceInitializer],
})
export class ResourceCoreModule {}
