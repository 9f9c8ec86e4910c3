import { FakeClock } from 'nestjs-mainstay/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { GracefulShutdown, type ClosableAdapter } from './graceful-shutdown.js';

let clock: FakeClock;
let shutdown: GracefulShutdown;
const closeIdleConnections = vi.fn<() => void>();

beforeEach(() => {
  clock = new FakeClock();
  shutdown = new GracefulShutdown(clock, 1_000);
  closeIdleConnections.mockClear();
});

function adapter(beforeClose?: () => void): ClosableAdapter {
  return { ...(beforeClose && { beforeClose }), getHttpServer: () => ({ closeIdleConnections }) };
}

describe('GracefulShutdown', () => {
  it('has started after the bootstrap, not before', () => {
    expect(shutdown.hasStarted).toBe(false);
    shutdown.onApplicationBootstrap();
    expect([shutdown.hasStarted, shutdown.isDraining]).toEqual([true, false]);
  });

  it('has started only with the server that it waits for, and stays so when that closes', () => {
    const server = { listening: false };
    shutdown.awaitListening({ getHttpServer: () => server });
    shutdown.onApplicationBootstrap();
    expect(shutdown.hasStarted).toBe(false);
    server.listening = true;
    expect(shutdown.hasStarted).toBe(true);
    void shutdown.onModuleDestroy();
    server.listening = false;
    expect(shutdown.hasStarted).toBe(true);
  });

  it('status rule 6: tells once that the drain begins, at its beginning', async () => {
    const told = vi.fn<() => void>();
    shutdown.onDrain(told);
    expect(told).not.toHaveBeenCalled();
    void shutdown.onModuleDestroy();
    expect([told.mock.calls.length, shutdown.isDraining]).toEqual([1, true]);
    await clock.advance(1_000);
    await shutdown.beforeApplicationShutdown();
    expect(told).toHaveBeenCalledTimes(1);
  });

  it('status rule 16: on NestJS 12 drains before the adapter begins to close', async () => {
    const before = vi.fn<() => void>();
    const wrapped = adapter(before);
    shutdown.attach(wrapped);

    const closing = wrapped.beforeClose?.();
    expect(shutdown.isDraining).toBe(true);
    await clock.advance(999);
    expect(before).not.toHaveBeenCalled();
    await clock.advance(1);
    await closing;
    expect(before).toHaveBeenCalledTimes(1);
  });

  it('status rule 16: on NestJS 11 turns readiness off in onModuleDestroy and waits before the next hooks', async () => {
    shutdown.attach(adapter());

    let waited = false;
    const waiting = shutdown.onModuleDestroy().then(() => (waited = true));
    expect(shutdown.isDraining).toBe(true);
    await clock.advance(999);
    expect(waited).toBe(false);
    await clock.advance(1);
    await waiting;
  });

  it('drains once, however many hooks ask for it', async () => {
    const wrapped = adapter();
    shutdown.attach(wrapped);
    const closing = wrapped.beforeClose?.();
    await clock.advance(1_000);
    await closing;

    void shutdown.onModuleDestroy();
    await shutdown.beforeApplicationShutdown();
    expect(clock.now()).toBe(1_000);
    shutdown.onApplicationShutdown();
  });

  it('status rule 16: closes idle connections every 50 ms until the server has closed', async () => {
    shutdown.attach(adapter());
    void shutdown.onModuleDestroy();
    await clock.advance(1_000);
    await shutdown.beforeApplicationShutdown();
    expect(closeIdleConnections).toHaveBeenCalledTimes(1);
    await clock.advance(200);
    expect(closeIdleConnections).toHaveBeenCalledTimes(5);

    shutdown.onApplicationShutdown();
    await clock.advance(200);
    expect(closeIdleConnections).toHaveBeenCalledTimes(5);
    expect(clock.pending.all).toBe(0);
  });

  it('needs neither a delay nor a server', async () => {
    const immediate = new GracefulShutdown(clock, 0);
    immediate.attach({ getHttpServer: () => undefined });
    await immediate.beforeApplicationShutdown();
    immediate.onApplicationShutdown();
    expect([immediate.isDraining, clock.pending.all]).toEqual([true, 0]);
  });

  it('the drain is awaited by a timer that keeps the process alive', () => {
    void shutdown.onModuleDestroy();
    expect(clock.pending.foreground).toBe(1);
  });
});
