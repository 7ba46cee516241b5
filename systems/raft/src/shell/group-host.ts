/**
 * The Host as one group of many sees it: the network and the timers are shared, random numbers are
 * its own, the rest is that of the process. It knows when nothing of the group runs any more.
 */
import type {
  Clock,
  Disk,
  Gauge,
  Host,
  Incarnation,
  Messages,
  Metrics,
  NodeId,
  Random,
  Streams,
  Timers,
  Trace,
} from '@mangrove/host';

/** The Host of one group, on that of its process. */
export class GroupHost implements Host {
  readonly node: NodeId;
  readonly incarnation: Incarnation;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly messages: Messages;
  readonly streams: Streams;
  readonly disk: Disk;
  readonly trace: Trace;
  readonly metrics: Metrics;
  private readonly host: Host;
  private runningCount = 0;
  private onIdle: (() => void) | undefined;

  constructor(
    host: Host,
    own: { readonly messages: Messages; readonly random: Random; readonly timers: Timers },
  ) {
    this.host = host;
    this.node = host.node;
    this.incarnation = host.incarnation;
    this.clock = host.clock;
    this.timers = own.timers;
    this.random = own.random;
    this.messages = own.messages;
    this.streams = host.streams;
    this.disk = host.disk;
    this.trace = host.trace;
    this.metrics = metricsOf(host.metrics);
  }

  run(task: () => Promise<void>): void {
    this.runningCount += 1;
    this.host.run(async () => {
      await task();
      // A task that fails ends the node of the process, and nobody waits any more.
      this.runningCount -= 1;
      if (this.runningCount === 0) this.onIdle?.();
    });
  }

  fail(cause: unknown): void {
    this.host.fail(cause);
  }

  /** Resolves when nothing that the group has begun is under way; for a group that was closed. */
  idle(): Promise<void> {
    if (this.runningCount === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.onIdle = resolve;
    });
  }
}

/**
 * Counters and distributions add up over all groups. A gauge of one group would overwrite that of
 * another, and a label a group would be more than a node may have: there are none.
 */
function metricsOf(metrics: Metrics): Metrics {
  const noGauge: Gauge = { set: () => undefined };
  return {
    counter: (name, options) => metrics.counter(name, options),
    histogram: (name, options) => metrics.histogram(name, options),
    gauge: () => noGauge,
  };
}
