/**
 * Shows what the control channel takes and refuses: every command, garbage of every kind, floods,
 * and clients that read nothing. Only the owner of the data directory can reach it.
 */
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MetricRegistry, SeededRandom } from '@mangrove/host';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openControlChannel } from './control-channel.ts';
import { askControl } from './control-client.ts';
import { LINE_BYTES_MAX } from './control-session.ts';
import { FaultBoard, MAX_FAULTS } from './faults.ts';
import { Life } from './life.ts';

let directory = '';
let path = '';
let life: Life;
let faults: FaultBoard;
let statusCount = 0;
let statusBytes = 0;

beforeEach(async () => {
  directory = fs.mkdtempSync(join(tmpdir(), 'mangrove-control-'));
  life = new Life();
  faults = new FaultBoard(new SeededRandom(1));
  const registry = new MetricRegistry();
  registry.counter('things', { help: 'Things.', unit: '1' }).add(3);
  statusCount = 0;
  statusBytes = 0;
  const status = () => {
    statusCount += 1;
    return { text: 'x'.repeat(statusBytes) };
  };
  path = await openControlChannel(directory, { life, faults, registry, status });
});

afterEach(async () => {
  life.finish({ type: 'closed' });
  await life.ended;
  fs.rmSync(directory, { recursive: true });
});

/** All that comes back for `bytes` until the other side ends the connection. */
function exchange(bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
    // It may be cut off while it still sends: what it was told before counts.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(text));
    socket.end(bytes);
  });
}

const answersTo = async (bytes: string | Uint8Array) =>
  (await exchange(bytes))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { id: unknown; ok: boolean; error?: string });

describe('the control channel', () => {
  it('answers every command', async () => {
    const fault = { type: 'cut', peer: '*', direction: 'both' } as const;
    expect(await askControl(path, { do: 'status' })).toEqual({ text: '' });
    expect(await askControl(path, { do: 'set-fault', fault })).toEqual({ fault: 1 });
    expect(await askControl(path, { do: 'list-faults' })).toEqual([{ id: 1, fault }]);
    expect(await askControl(path, { do: 'heal', fault: 1 })).toEqual({ healed: 1 });
    expect(await askControl(path, { do: 'heal', fault: 1 })).toEqual({ healed: 0 });
    expect(await askControl(path, { do: 'heal' })).toEqual({ healed: 0 });
    expect(await askControl(path, { do: 'metrics' })).toMatchObject([{ name: 'things', value: 3 }]);
    expect(await askControl(path, { do: 'metrics-text' })).toContain('things_total 3');
  });

  it('keeps the order of requests that come at once, and gives their ids back', async () => {
    const lines = [1, 'two', null].map((id) => `${JSON.stringify({ id, do: 'status' })}\n`);
    const answers = await answersTo(lines.join('\n\n'));
    expect(answers.map(({ id, ok }) => [id, ok])).toEqual([
      [1, true],
      ['two', true],
      [null, true],
    ]);
  });

  it.each([
    ['no JSON', '{"do":'],
    ['no object', '["status"]'],
    ['no command', '{}'],
    ['another command', '{"do":"exit"}'],
    ['a fault that is none', '{"do":"set-fault","fault":{"type":"flood"}}'],
    ['a fault without a field', '{"do":"set-fault","fault":{"type":"cut","peer":"n1"}}'],
    ['a field too many', '{"do":"set-fault","fault":{"type":"disk-full","__proto__":{}}}'],
    ['a fault that never was', '{"do":"heal","fault":7}'],
    ['no number of a fault', '{"do":"heal","fault":"1"}'],
    ['a deep id', `{"do":"status","id":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
    ['a long id', `{"do":"status","id":"${'x'.repeat(101)}"}`],
  ])('refuses %s and goes on', async (_what, line) => {
    const answers = await answersTo(`${line}\n{"id":9,"do":"list-faults"}\n`);
    expect(answers).toHaveLength(2);
    expect(answers[0]).toMatchObject({ ok: false, error: expect.any(String) });
    expect(answers[0]?.error?.length).toBeLessThan(500);
    expect(answers[1]).toEqual({ id: 9, ok: true, result: [] });
  });

  it('refuses the fault that the board has no room for', async () => {
    for (let count = 0; count < MAX_FAULTS; count++) faults.set({ type: 'disk-full' });
    const asking = askControl(path, { do: 'set-fault', fault: { type: 'disk-full' } });
    await expect(asking).rejects.toMatchObject({ code: 'control-refused' });
    expect(faults.list()).toHaveLength(MAX_FAULTS);
  });

  it('takes a line of the longest length, and ends the connection at a longer one', async () => {
    const pad = (bytes: number) => `{"do":"status"${' '.repeat(bytes - 15)}}`;
    expect(await answersTo(`${pad(LINE_BYTES_MAX)}\n`)).toMatchObject([{ ok: true }]);
    const long = await answersTo(`${pad(LINE_BYTES_MAX + 1)}\n{"do":"status"}\n`);
    expect(long).toMatchObject([{ ok: false, error: expect.stringContaining('65536') }]);
    const endless = await answersTo('x'.repeat(5 * LINE_BYTES_MAX));
    expect(endless).toMatchObject([{ ok: false, error: expect.stringContaining('65536') }]);
  });

  it('computes no more answers than are read', async () => {
    statusBytes = 1_000_000;
    const socket = net.connect(path);
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.pause();
    socket.write('{"do":"status"}\n'.repeat(4000));
    // Another connection is served all the while; by then the flood has long been read.
    for (let round = 0; round < 50; round++) await askControl(path, { do: 'list-faults' });
    expect(statusCount).toBeLessThan(20);
    socket.destroy();
  });

  it('withstands bytes at random, and what is nearly a request', async () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
    const nearly = fc
      .tuple(fc.json(), fc.constantFrom('status', 'heal', 'set-fault'))
      .map(([fault, command]) => Buffer.from(`{"id":1,"do":"${command}","fault":${fault}}`));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(bytes, nearly), { maxLength: 5 }), async (lines) => {
        const text = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
        for (const answer of await answersTo(text)) expect(answer.ok).toBeTypeOf('boolean');
        expect(life.isOver).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('can be reached by its owner only', () => {
    expect(fs.statSync(path).mode & 0o777).toBe(0o600);
    expect(fs.statSync(join(directory, 'control')).mode & 0o777).toBe(0o700);
  });

  it('takes the place of a socket that a former life left, and leaves none behind', async () => {
    life.finish({ type: 'closed' });
    await life.ended;
    expect(fs.existsSync(path)).toBe(false);
    fs.writeFileSync(path, 'left behind');
    life = new Life();
    const registry = new MetricRegistry();
    await openControlChannel(directory, { life, faults, registry, status: () => ({}) });
    expect(await askControl(path, { do: 'list-faults' })).toEqual([]);
  });

  it('says how long a data directory may be', async () => {
    const long = join(directory, 'x'.repeat(100));
    const registry = new MetricRegistry();
    const opening = openControlChannel(long, { life, faults, registry, status: () => ({}) });
    await expect(opening).rejects.toMatchObject({ name: 'InvalidArgument' });
    await expect(opening).rejects.toThrow(/at most 88 bytes/);
  });
});

describe('a client of the control channel', () => {
  it.each([
    ['nothing', '', 'closed without an answer'],
    ['garbage', 'garbage\n', 'what came is no answer'],
    ['another JSON', '[]\n', 'what came is no answer'],
    ['half an answer', '{"ok":tr', 'closed without an answer'],
  ])('says so when the other side answers with %s', async (_what, reply, reason) => {
    const other = join(directory, 'other');
    const server = net.createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => socket.end(reply));
    });
    await new Promise<void>((resolve) => server.listen(other, resolve));
    const asking = askControl(other, { do: 'status' });
    await expect(asking).rejects.toMatchObject({ code: 'control-unreachable' });
    await expect(asking).rejects.toThrow(reason);
    server.close();
  });

  it('gives up in time, and when nobody is there', async () => {
    const other = join(directory, 'silent');
    const sockets: net.Socket[] = [];
    const server = net.createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(other, resolve));
    const asking = askControl(other, { do: 'status' }, 20);
    await expect(asking).rejects.toThrow('no answer in time');
    for (const socket of sockets) socket.destroy();
    server.close();
    const nobody = askControl(join(directory, 'nobody'), { do: 'status' });
    await expect(nobody).rejects.toThrow('ENOENT');
  });
});
