/**
 * A file of measurements, one JSON object a line: what is in it is not measured again, so that a
 * long measurement can be ended at any time and goes on where it was.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvalidArgument } from '@mangrove/host';
import type { LedgerLine, Machine, Measurement } from './measurement.ts';

/** The measurements of a file. */
export class Ledger {
  private readonly path: string;
  private readonly lines: LedgerLine[];

  private constructor(path: string, lines: LedgerLine[]) {
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
    return this.lines.filter((line) => line.type !== 'machine');
  }

  /** Every machine that measured, once, in the order in which they came. */
  get machines(): readonly Machine[] {
    const all = this.lines.filter((line) => line.type === 'machine');
    return [...new Map(all.map((machine) => [JSON.stringify(machine), machine])).values()];
  }

  /** Says which machine measures from now on; nothing is written where it is known. */
  continueOn(machine: Machine): void {
    const last = this.lines.findLast((line) => line.type === 'machine');
    if (JSON.stringify(last) !== JSON.stringify(machine)) this.append(machine);
  }

  /** Adds one; it is in the file when this returns. */
  add(measurement: Measurement): void {
    this.append(measurement);
  }

  private append(line: LedgerLine): void {
    mkdirSync(dirname(this.path), { recursive: true });
    appendFileSync(this.path, `${JSON.stringify(line)}\n`);
    this.lines.push(line);
  }
}

function parseLine(line: string, at: string): LedgerLine {
  try {
    return JSON.parse(line) as LedgerLine;
  } catch {
    throw new InvalidArgument(at, line, 'a measurement as JSON');
  }
}
