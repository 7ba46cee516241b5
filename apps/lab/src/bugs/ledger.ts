/**
 * A file of measurements, one JSON object a line: what is in it is not measured again, so that a
 * long measurement can be ended at any time and goes on where it was.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvalidArgument } from '@mangrove/host';
import type { Measurement } from './measurement.ts';

/** The measurements of a file. */
export class Ledger {
  private readonly path: string;
  private readonly lines: Measurement[];

  private constructor(path: string, lines: Measurement[]) {
    this.path = path;
    this.lines = lines;
  }

  /**
   * Opens the ledger at `path`; a file that is not there is an empty one. A last line that was cut
   * off, by whoever was killed in mid-write, is removed. Throws `InvalidArgument` for any other
   * line that is no JSON.
   */
  static open(path: string): Ledger {
    if (!existsSync(path)) return new Ledger(path, []);
    const text = readFileSync(path, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) writeFileSync(path, whole);
    const lines = whole.split('\n').slice(0, -1);
    return new Ledger(
      path,
      lines.map((line, index) => parseLine(line, `${path}:${index + 1}`)),
    );
  }

  /** All measurements, in the order in which they were made. */
  get measurements(): readonly Measurement[] {
    return this.lines;
  }

  /** Adds one; it is in the file when this returns. */
  add(measurement: Measurement): void {
    mkdirSync(dirname(this.path), { recursive: true });
    appendFileSync(this.path, `${JSON.stringify(measurement)}\n`);
    this.lines.push(measurement);
  }
}

function parseLine(line: string, at: string): Measurement {
  try {
    return JSON.parse(line) as Measurement;
  } catch {
    throw new InvalidArgument(at, line, 'a measurement as JSON');
  }
}
