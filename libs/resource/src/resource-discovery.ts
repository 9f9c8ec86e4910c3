import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { GuardedLogger } from 'nestjs-mainstay/resilience';
import { ResourceInitializer } from './resource-initializer.js';
import { Resource } from './resource.js';

/** Starts the resources that users wrote: every provider that is a {@link Resource} and is not started by its module. */
@Injectable()
export class ResourceDiscovery implements OnModuleInit {
  readonly #logger = new GuardedLogger('ResourceDiscovery');
  readonly #modules: ModulesContainer;
  readonly #initializer: ResourceInitializer;

  constructor(modules: ModulesContainer, initializer: ResourceInitializer) {
    this.#modules = modules;
    this.#initializer = initializer;
  }

  async onModuleInit(): Promise<void> {
    await Promise.all([...this.#find()].map((resource) => this.#initializer.start(resource)));
  }

  #find(): Set<Resource> {
    const found = new Set<Resource>();
    for (const module of this.#modules.values()) {
      for (const provider of module.providers.values()) {
        const instance: unknown = provider.instance;
        if (!(instance instanceof Resource) || instance.startedBy === 'module') continue;
        if (provider.isDependencyTreeStatic() && !provider.isTransient) found.add(instance);
        else this.#warnOf(String(provider.name));
      }
    }
    return found;
  }

  /** There is no one instance that could be started, probed and closed. */
  #warnOf(name: string): void {
    this.#logger.warn(
      `${name} is a Resource, but not a singleton: it is neither initialised nor shown. Remove its scope, or what it injects that is request-scoped.`,
    );
  }
}
