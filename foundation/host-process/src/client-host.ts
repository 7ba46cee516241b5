/**
 * The part of a Host that a client needs: clocks, timers, randomness and byte streams. It has no
 * directory, no peers and no port of its own.
 */
import { randomInt } from 'node:crypto';
import { type Clock, type Random, SeededRandom, type Streams, type Timers } from '@mangrove/host';
import { Life, type LifeEnd } from './life.ts';
import { DEFAULT_MESSAGE_LIMITS } from './message-limits.ts';
import { SystemClock } from './system-clock.ts';
import { SystemTimers } from './system-timers.ts';
import { type StreamTls, TcpStreams } from './tcp-streams.ts';
import { Turns } from './turns.ts';

/** How a Host for clients is set up. */
export interface ClientHostOptions {
  /** TLS for byte streams. Default: none. */
  readonly streamTls?: StreamTls;
}

/** A Host for clients in this process. */
export interface ProcessClientHost {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly streams: Streams;
  run(task: () => Promise<void>): void;
  /** Resolves when it is closed, or has failed, and why. Never rejects. */
  readonly ended: Promise<LifeEnd>;
  /** Ends timers and connections. */
  close(): Promise<void>;
}

/** Makes a Host for clients. It keeps the process running only while it has connections. */
export function createClientHost(options: ClientHostOptions = {}): ProcessClientHost {
  const life = new Life();
  const clock = new SystemClock();
  const turns = new Turns(life);
  const streams = new TcpStreams({
    life,
    turns,
    host: '127.0.0.1',
    tls: options.streamTls,
    connectTimeoutMs: DEFAULT_MESSAGE_LIMITS.connectTimeoutMs,
    maxConnections: 1,
    turnedAway: () => {},
  });
  return {
    clock,
    timers: new SystemTimers(life, clock, turns),
    random: new SeededRandom(randomInt(2 ** 32)),
    streams,
    run: (task) => {
      const fail = (error: unknown) => life.fail(error);
      life.call(() => void task().then(undefined, fail));
    },
    ended: life.ended,
    close: async () => {
      life.finish({ type: 'closed' });
      await life.ended;
      life.rethrow();
    },
  };
}
