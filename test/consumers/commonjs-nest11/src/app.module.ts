import { Module } from '@nestjs/common';
import { MainstayModule } from 'nestjs-mainstay';

import { GreetingController } from './greeting.controller';
import { GreetingService } from './greeting.service';

@Module({
  imports: [MainstayModule.forRoot()],
  controllers: [GreetingController],
  providers: [GreetingService],
})
export class AppModule {}
