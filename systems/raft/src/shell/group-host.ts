/**
 * The Host as one group of many sees it: the network and the timers are shared, random numbers are
 * its own, the rest is that of the process.
 */
import type { Gauge, Host, Messages, Metrics, Random, Timers } from '@mangrove/host';

/** The Host of the group `name`, on that of its process. */
export function groupHost(
  host: Host,
  name: string,
  shared: { readonly messages: Messages; readonly timers: Timers },
): Host {
  return {
    node: host.node,
    incarnation: host.incarnation,
    clock: host.clock,
    timers: shared.timers,
    random: randomOf(host, name),
    messages: shared.messages,
    streams: host.streams,
    disk: host.disk,
    trace: host.trace,
    metrics: metricsOf(host.metrics),
    run: (task) => host.run(task),
    fail: (cause) => host.fail(cause),
  };
}

function randomOf(host: Host, name: string): Random {
  return host.random.stream(`group ${name}`);
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
