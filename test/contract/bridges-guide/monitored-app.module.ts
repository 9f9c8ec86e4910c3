import { Controller, Get, Header, Module } from '@nestjs/common';
import { PromClientModule } from 'nestjs-mainstay/status/prom-client';
import { StatusModule } from 'nestjs-mainstay/status';
import { collectDefaultMetrics, Counter, Registry } from 'prom-client';

/** What the application has already: its registry, its metrics, its route. */
export const registry = new Registry();
collectDefaultMetrics({ register: registry });
const orders = new Counter({ name: 'orders_total', help: 'Orders.', registers: [registry] });

@Controller('monitoring')
export class MonitoringController {
  @Get('metrics')
  @Header('content-type', registry.contentType)
  metrics(): Promise<string> {
    orders.inc();
    return registry.metrics();
  }
}

@Module({
  imports: [
    StatusModule.forRoot({ config: { metricsPath: false } }), // one route is enough
    PromClientModule.forRoot({ registry, processMetrics: false }),
  ],
  controllers: [MonitoringController],
})
export class MonitoredAppModule {}
