import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MainstayModule } from 'nestjs-mainstay';

@Module({ imports: [MainstayModule.forRoot({ database: false })] })
class AppModule {}

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks([], { useProcessExit: true });
await app.listen(0, '127.0.0.1');
console.log(`listening on ${await app.getUrl()}`);
