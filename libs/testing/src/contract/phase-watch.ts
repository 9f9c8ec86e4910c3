import { Inject, Injectable, Module, Optional, type DynamicModule } from '@nestjs/common';
import { ResourceModule, ResourceRegistry, type ResourceEntry } from 'nestjs-mainstay/resource';

const LISTENER = Symbol('nestjs-mainstay.contract-phase-listener');

@Module({})
class PhaseWatchModule {}

/** Tells of the phases of resources while the application is still being built. */
@Injectable()
export class PhaseWatch {
  constructor(
    registry: ResourceRegistry,
    @Optional() @Inject(LISTENER) listener?: (entry: ResourceEntry) => void,
  ) {
    if (listener) registry.subscribe(listener);
  }

  /** A module that watches; before the one under contract, so that it is there first. */
  static of(listener: ((entry: ResourceEntry) => void) | undefined): DynamicModule {
    return {
      module: PhaseWatchModule,
      imports: [ResourceModule],
      providers: [PhaseWatch, ...(listener ? [{ provide: LISTENER, useValue: listener }] : [])],
      exports: [PhaseWatch],
    };
  }
}
