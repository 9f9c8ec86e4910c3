import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CacheModule, CacheService } from 'nestjs-mainstay/cache';

@Module({ imports: [CacheModule.forRoot()] })
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
const cache = app.get(CacheService);
const stored = await cache.set('answer', 42);
console.log(JSON.stringify({ stored, answer: await cache.get('answer') }));
await app.close();
