/**
 * One life of a node on a simulated machine: from its start until it crashes, breaks or is refused.
 */
import type { Incarnation, NodeId, RunningNode } from '@mangrove/host';
import type { Machine } from './machine.ts';
import { SimulatedHost } from './simulated-host.ts';
import { SimulatedMessages } from './simulated-messages.ts';
import { SimulatedStreams } from './simulated-streams.ts';
import { SimulatedTimers } from './simulated-timers.ts';
import type { World } from './world.ts';

/** A life, with its ends of the network. Everything that the Host owes it ends with it. */
export class Life {
  readonly machine: Machine;
  readonly incarnation: Incarnation;
  /** Which version of its code it is, from 1. */
  readonly version: number;
  readonly messages: SimulatedMessages;
  readonly streams: SimulatedStreams;
  readonly timers: SimulatedTimers;
  readonly host: SimulatedHost;
  isAlive = true;
  /** What its start resolved to, once it has. */
  running: RunningNode | undefined;

  /** Begins the next life of the machine's node. */
  constructor(world: World, machine: Machine, version: number) {
    machine.lifeCount += 1;
    this.machine = machine;
    this.incarnation = machine.lifeCount as Incarnation;
    this.version = version;
    this.messages = new SimulatedMessages(world, this);
    this.streams = new SimulatedStreams(world, this);
    this.timers = new SimulatedTimers(world, this);
    this.host = new SimulatedHost(world, this);
    machine.life = this;
  }
}

/** A life that ended by its own doing. */
export interface NodeEnd {
  readonly node: NodeId;
  readonly incarnation: Incarnation;
  readonly atMs: number;
  /**
   * `broken` is a bug of the node: an invariant that did not hold, an error that nobody expects, a
   * global that it touched. The other two are lawful answers to a fault: an operating error (one
   * with a `code`) that ended a node which had served (`stopped`) or that kept it from it
   * (`refused`).
   */
  readonly type: 'broken' | 'stopped' | 'refused';
  readonly cause: unknown;
}

/** What kind of end a cause stands for. */
export function endOf(cause: unknown, hasServed: boolean): NodeEnd['type'] {
  const isMistake = cause instanceof TypeError || cause instanceof RangeError;
  const isOperating =
    !isMistake && cause instanceof Error && 'code' in cause && typeof cause.code === 'string';
  if (!isOperating) return 'broken';
  return hasServed ? 'stopped' : 'refused';
}
