/**
 * One connection to the control channel: requests come as lines, and each is answered by a line.
 *
 * Requests are answered one at a time, with the loop left to others in between, and only as fast as
 * the answers are read. So neither a flood of requests nor a client that reads nothing makes a node
 * stall or grow.
 */
import type net from 'node:net';

/** The longest request. */
export const LINE_BYTES_MAX = 65_536;

/** How long a client that is turned away has to take the reason. */
const REFUSAL_MS = 1000;

const NEWLINE = 10;

/** Serves `socket` until it closes; `answer` gives the answer to a line, and never throws. */
export function serveControl(socket: net.Socket, answer: (line: string) => string): void {
  new ControlSession(socket, answer);
}

class ControlSession {
  private readonly socket: net.Socket;
  private readonly answer: (line: string) => string;
  private waiting: Buffer = Buffer.alloc(0);
  /** No newline stands before this place: a line that trickles in is searched once. */
  private searched = 0;
  private isBusy = false;
  private hasEnded = false;

  constructor(socket: net.Socket, answer: (line: string) => string) {
    this.socket = socket;
    this.answer = answer;
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      this.waiting = this.waiting.length === 0 ? chunk : Buffer.concat([this.waiting, chunk]);
      socket.pause();
      if (!this.isBusy) this.step();
    });
    socket.on('end', () => {
      this.hasEnded = true;
      if (!this.isBusy) this.step();
    });
  }

  /** Answers one line, and sees to it that the next step comes. */
  private readonly step = (): void => {
    this.isBusy = false;
    const { socket } = this;
    if (socket.destroyed) return;
    const end = this.waiting.indexOf(NEWLINE, this.searched);
    const lineBytes = end < 0 ? this.waiting.length : end;
    if (lineBytes > LINE_BYTES_MAX) {
      this.turnAway(`a request must be at most ${LINE_BYTES_MAX} bytes long`);
      return;
    }
    if (end < 0 && this.hasEnded) {
      socket.end();
      return;
    }
    if (end < 0) {
      this.searched = this.waiting.length;
      socket.resume();
      return;
    }
    const line = this.waiting.toString('utf8', 0, end);
    this.waiting = this.waiting.subarray(end + 1);
    this.searched = 0;
    this.isBusy = true;
    if (line.trim() === '' || socket.write(`${this.answer(line)}\n`)) setImmediate(this.step);
    else socket.once('drain', this.step);
  };

  private turnAway(error: string): void {
    const { socket } = this;
    this.isBusy = true;
    this.waiting = Buffer.alloc(0);
    const timer = setTimeout(() => socket.destroy(), REFUSAL_MS);
    socket.once('close', () => clearTimeout(timer));
    socket.end(`${JSON.stringify({ id: null, ok: false, error })}\n`, () => socket.destroy());
  }
}
