import { Inject, type InjectionToken } from '@nestjs/common';
import { StorageService } from './storage.service.js';

/** The token of a storage: the class `StorageService` for the unnamed one, its own for each named one. */
export function getStorageToken(name?: string): InjectionToken<StorageService> {
  return name === undefined ? StorageService : `StorageService:${name}`;
}

/**
 * Injects a named storage; the unnamed one is injected by its type alone.
 * @example
 * constructor(\@InjectStorage('avatars') private readonly avatars: StorageService) {}
 */
export function InjectStorage(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getStorageToken(name));
}
