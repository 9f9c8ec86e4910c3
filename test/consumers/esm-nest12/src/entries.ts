// One import of every public name, so that the compiler reads all declarations of the package.
export * as mainstay from 'nestjs-mainstay';
export * as cache from 'nestjs-mainstay/cache';
export * as cacheManager from 'nestjs-mainstay/cache-manager';
export * as common from 'nestjs-mainstay/common';
export * as config from 'nestjs-mainstay/config';
export * as database from 'nestjs-mainstay/database';
export * as resilience from 'nestjs-mainstay/resilience';
export * as resource from 'nestjs-mainstay/resource';
export * as status from 'nestjs-mainstay/status';
export * as statusOpenTelemetry from 'nestjs-mainstay/status/opentelemetry';
export * as statusPromClient from 'nestjs-mainstay/status/prom-client';
export * as storage from 'nestjs-mainstay/storage';
export * as testing from 'nestjs-mainstay/testing';
export * as testingCache from 'nestjs-mainstay/testing/cache';
export * as testingContract from 'nestjs-mainstay/testing/contract';
export * as testingDatabase from 'nestjs-mainstay/testing/database';
export * as testingStorage from 'nestjs-mainstay/testing/storage';
