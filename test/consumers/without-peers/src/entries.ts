// One import of every public name that needs no optional peer; the compiler reads all their declarations.
export * as mainstay from 'nestjs-mainstay';
export * as cache from 'nestjs-mainstay/cache';
export * as cacheManager from 'nestjs-mainstay/cache-manager';
export * as common from 'nestjs-mainstay/common';
export * as config from 'nestjs-mainstay/config';
export * as resilience from 'nestjs-mainstay/resilience';
export * as resource from 'nestjs-mainstay/resource';
export * as status from 'nestjs-mainstay/status';
export * as storage from 'nestjs-mainstay/storage';
export * as testing from 'nestjs-mainstay/testing';
export * as testingCache from 'nestjs-mainstay/testing/cache';
export * as testingContract from 'nestjs-mainstay/testing/contract';
export * as testingStorage from 'nestjs-mainstay/testing/storage';
