/**
 * One simulated node whose lives a test tells one after the other.
 */
import type { DiskFate, Fault } from '@mangrove/experiment';
import { type Host, toNodeId } from '@mangrove/host';
import { type Journal, JournalError, scanRecords } from '@mangrove/journal';
import { idleNode, Simulation } from '@mangrove/sim';

/** The name of the node. */
export const NODE = toNodeId('n1');

/** How long a life may take, in virtual time. */
const LIFE_MS = 600_000;

/** A node and its disk. */
export class OneNode implements Disposable {
  readonly simulation: Simulation;

  constructor(seed = 1) {
    this.simulation = new Simulation({ seed, nodes: [NODE] });
  }

  /** Runs `work` as the code of a life; the life goes on after it, until it is crashed. */
  async live<Value>(work: (host: Host) => Promise<Value>): Promise<Value> {
    const { simulation } = this;
    let outcome: { readonly value: Value } | { readonly error: unknown } | undefined;
    simulation.start(NODE, async (host) => {
      host.run(async () => {
        try {
          outcome = { value: await work(host) };
        } catch (error) {
          outcome = { error };
        }
      });
      return idleNode();
    });
    await simulation.run(simulation.nowMs + LIFE_MS, () => outcome !== undefined);
    const broken = simulation.ends.find(({ type }) => type === 'broken');
    if (broken !== undefined) throw broken.cause;
    if (outcome === undefined) throw new Error('the life came to no end');
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  crash(disk: DiskFate = 'unsynced-lost'): void {
    this.simulation.crash(NODE, disk);
  }

  /** Lets a fault last from now on for `durationMs`. */
  hurt(fault: (window: { atMs: number; untilMs: number }) => Fault, durationMs = 1000): void {
    const atMs = this.simulation.nowMs;
    this.simulation.inject(fault({ atMs, untilMs: atMs + durationMs }));
  }

  [Symbol.dispose](): void {
    this.simulation.close();
  }
}

/** Records as bytes. */
export function toBytes(...texts: readonly string[]): Uint8Array[] {
  const encoder = new TextEncoder();
  return texts.map((text) => encoder.encode(text));
}

/** Bytes as text. */
export function toText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** The error that `work` rejects with; throws where it resolves or the error is no JournalError. */
export async function failureOf(work: Promise<unknown>): Promise<JournalError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof JournalError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

/** Changes one byte of a file and makes that durable. */
export async function damage(host: Host, path: string, offset: number): Promise<void> {
  const file = await host.disk.open(path, 'write');
  const at = offset < 0 ? file.size() + offset : offset;
  const [byte = 0] = await file.readAt(at, 1);
  await file.writeAt(at, Uint8Array.of(byte ^ 0x10));
  await file.sync();
  await file.close();
}

/** The records of a log, each as its index and its text. */
export async function textsOf(journal: Journal): Promise<string[]> {
  const texts: string[] = [];
  for await (const { index, bytes } of scanRecords(journal)) {
    texts.push(`${index} ${toText(bytes)}`);
  }
  return texts;
}

/** What a file holds. */
export async function bytesOf(host: Host, path: string): Promise<number[]> {
  const file = await host.disk.open(path, 'read');
  const bytes = await file.readAt(0, file.size());
  await file.close();
  return [...bytes];
}
