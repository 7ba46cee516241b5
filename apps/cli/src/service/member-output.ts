/**
 * What the process of a member says, in a file of bounded size: what is older is in one file more.
 */
import fs from 'node:fs';

/** Writes lines to a descriptor, and moves what is in its file aside where that is long. */
export class MemberOutput {
  private readonly descriptor: number;
  private readonly path: string;
  private readonly sizeBytesMax: number;

  /**
   * @param descriptor open for appending, so that it goes on at the new end of its file
   * @param path the same file; what is moved aside is in `<path>.1`
   */
  constructor(descriptor: number, path: string, sizeBytesMax: number) {
    this.descriptor = descriptor;
    this.path = path;
    this.sizeBytesMax = sizeBytesMax;
  }

  /** Writes a line; at the bound everything before it is moved aside first. */
  say(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    const stat = fs.fstatSync(this.descriptor);
    if (stat.isFile() && stat.size + bytes.length > this.sizeBytesMax) {
      // The process was given the descriptor, its standard error too: the file has to stay.
      fs.copyFileSync(this.path, `${this.path}.1`);
      fs.ftruncateSync(this.descriptor);
    }
    fs.writeSync(this.descriptor, bytes);
  }
}
