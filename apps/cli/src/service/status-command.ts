/**
 * `mangrove status --data DIR`: who of a cluster runs, who leads, and how far each one is.
 */
import { type KvClient, KvError, type KvStatus } from '@mangrove/kv';
import { endpointsOf } from '@mangrove/kv/node';
import { showBytes } from '../byte-count.ts';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { alignColumns } from '../text-columns.ts';
import { clientOf, needCluster, processOf } from './cluster-view.ts';

/** What the command is told. */
export interface StatusCommandOptions {
  readonly directory: string;
  readonly isJson: boolean;
  readonly terminal: Terminal;
}

/** How one member stands. */
interface MemberView {
  readonly node: string;
  readonly endpoint: string;
  readonly pid: number | undefined;
  readonly status: KvStatus | undefined;
}

/** `invalid` while a member is down, or nobody leads. */
export async function statusCommand(options: StatusCommandOptions): Promise<Ending> {
  const { directory, isJson, terminal } = options;
  const manifest = await needCluster(directory);
  const endpoints = endpointsOf(manifest);
  await using client = await clientOf(manifest);
  const views = await Promise.all(
    manifest.members.map(async ({ name }, nth): Promise<MemberView> => {
      const endpoint = endpoints[nth] ?? '';
      const pid = await processOf(directory, name);
      const status = pid === undefined ? undefined : await statusOf(client, endpoint);
      return { node: name, endpoint, pid, status };
    }),
  );
  if (isJson) for (const view of views) terminal.result(JSON.stringify(view));
  else for (const line of alignColumns(views.map(toCells))) terminal.result(line);
  const isWhole = views.every(({ status }) => status?.leader !== undefined);
  return isWhole ? 'valid' : 'invalid';
}

/** How the member at `endpoint` stands; `undefined` where it does not answer. */
async function statusOf(client: KvClient, endpoint: string): Promise<KvStatus | undefined> {
  try {
    return await client.status(endpoint, { timeoutMs: 2000 });
  } catch (error) {
    if (error instanceof KvError && error.code !== 'bad-request') return undefined;
    throw error;
  }
}

function toCells({ node, endpoint, pid, status }: MemberView): readonly string[] {
  if (pid === undefined) return [node, endpoint, 'down'];
  if (status === undefined) return [node, endpoint, `process ${pid}`, 'does not answer'];
  const { role, term, revision, keyCount, sizeBytes, quotaBytes, alarms } = status;
  const alarm = alarms.map((each) => `ALARM ${each.alarm} of ${each.member}`).join(', ');
  const size = `${showBytes(sizeBytes)} of ${showBytes(quotaBytes)}`;
  const figures = [`term ${term}`, `revision ${revision}`, `${keyCount} keys`, size];
  return [node, endpoint, `process ${pid}`, role, ...figures, alarm];
}
