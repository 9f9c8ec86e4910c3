import { CacheModule } from '@nestjs/cache-manager';
import { Module } from '@nestjs/common';
import { ArticlesController, PagesController } from './articles.controller.js';
import { ArticlesService } from './articles.service.js';

/** Articles, with a cache of their own. */
@Module({
  imports: [CacheModule.register({ ttl: 60_000 })],
  controllers: [ArticlesController, PagesController],
  providers: [ArticlesService],
})
export class ArticlesModule {}
