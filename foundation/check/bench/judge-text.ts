/**
 * Reads and judges one long text in a process of its own, and prints what was measured as JSON.
 *
 * The text is JSON lines of 160 million characters, as bytes in pieces of 4 MiB, as the command
 * reads a file: a register with unique values and ten clients.
 */
import { checkTextTask, finishTask, type HistoryEvent } from '../src/index.ts';
import { printMeasured } from './apart.ts';

const OPERATION_COUNT = 1_030_000;
const CLIENT_COUNT = 10;
const PIECE_LINES = 50_000;

/** Reads and writes in turn, each over before the next begins. */
function linesOf(index: number): string {
  const f = index % 2 === 0 ? 'read' : 'write';
  const value = f === 'write' ? index : index < 2 ? null : index - 1;
  const base = { process: `c${index % CLIENT_COUNT}`, f, key: 'x' } as const;
  const begin: HistoryEvent = {
    ...{ atMs: 2 * index, ...base, type: 'invoke' },
    ...(f === 'write' ? { value } : {}),
  };
  const end: HistoryEvent = { atMs: 2 * index + 1, ...base, type: 'ok', value };
  return `${JSON.stringify(begin)}\n${JSON.stringify(end)}\n`;
}

const encoder = new TextEncoder();
const pieces: Uint8Array[] = [];
for (let from = 0; from < OPERATION_COUNT; from += PIECE_LINES) {
  const count = Math.min(PIECE_LINES, OPERATION_COUNT - from);
  const lines = Array.from({ length: count }, (_, index) => linesOf(from + index));
  pieces.push(encoder.encode(lines.join('')));
}

printMeasured(
  pieces,
  (text) => finishTask(checkTextTask(text, { check: 'register' })).verdict.type,
  (text) => {
    const decoder = new TextDecoder();
    for (const piece of text) decoder.decode(piece).split('\n').forEach(parseLine);
  },
);

function parseLine(line: string): void {
  if (line !== '') JSON.parse(line);
}
