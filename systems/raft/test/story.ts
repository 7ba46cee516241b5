/**
 * Stories as text: a command, `----`, and what the members did because of it.
 *
 *     cast a b c [learner d] [blank e] [option=value] [c:option=value]   who is on the stage
 *     timer a            time passes until a's next timer, which fires
 *     elapse 30          time passes; no timer fires, as if all were paused
 *     drift a 100000     a's clock is so much too fast from now on, in ppm; set it at the start
 *     jump a 500         a's clock jumps ahead
 *     sync a [1]         a's writes are done, all or the first
 *     deliver [a] [b] [type]   messages under way arrive: from a, to b (`-` for anyone)
 *     lose [a] [b] [type]      they are lost
 *     keep [a] [b] [type]      they are late: `late` delivers them
 *     late
 *     settle [c]         messages and writes until nothing is under way; c hears nothing
 *     propose a · read a [lease] · transfer a b · snapshot a · crash a · restart a
 *     change a remove:a add-learner:d promote:d demote:b [explicit] · leave a
 *     status             one line a member
 */
import { type NodeId, toNodeId } from '@mangrove/host';
import {
  type Configuration,
  type Effect,
  type Entry,
  type MemberChange,
  type Message,
  statusOf,
} from '../src/index.ts';
import { Stage } from './stage.ts';

/** Plays a story and gives it back with what really happened. */
export function playStory(text: string): string {
  const blocks = text.trimEnd().split(/\n{2,}/);
  const told: string[] = [];
  let teller: Teller | undefined;
  for (const block of blocks) {
    const command = block.split('\n----')[0] ?? '';
    if (block.startsWith('#')) {
      told.push(block);
      continue;
    }
    const words = command.trim().split(/\s+/);
    if (words[0] === 'cast') teller = new Teller(words.slice(1));
    if (teller === undefined) throw new Error(`the story does not begin with a cast: ${command}`);
    const lines = words[0] === 'cast' ? [] : teller.tell(words);
    told.push([command, '----', ...(lines.length === 0 ? ['ok'] : lines)].join('\n'));
  }
  return `${told.join('\n\n')}\n`;
}

class Teller {
  private readonly stage: Stage;
  private late: readonly Message[] = [];

  constructor(words: readonly string[]) {
    const voters: string[] = [];
    const learners: string[] = [];
    const blank: string[] = [];
    const options: Record<string, number | boolean> = {};
    const own: Record<string, Record<string, number | boolean>> = {};
    let list = voters;
    for (const word of words) {
      const [name = '', value] = word.split('=');
      const [member = '', option] = name.split(':');
      const given = value === 'false' ? false : Number(value);
      if (option !== undefined) own[member] = { ...own[member], [option]: given };
      else if (value !== undefined) options[name] = given;
      else if (word === 'learner') list = learners;
      else if (word === 'blank') list = blank;
      else list.push(word);
    }
    this.stage = new Stage({ voters, learners, blank, options, ownOptions: own });
  }

  tell([command = '', ...words]: readonly string[]): readonly string[] {
    const { stage } = this;
    const before = stage.seen.length;
    if (command === 'status') return this.status();
    this.play(command, words);
    return stage.seen.slice(before).flatMap(({ node, effect }) => describe(node, effect) ?? []);
  }

  private play(command: string, words: readonly string[]): void {
    const { stage } = this;
    const [name = '', other = ''] = words;
    switch (command) {
      case 'timer':
        stage.timer(name);
        return;
      case 'elapse':
        stage.elapse(Number(name));
        return;
      case 'drift':
        stage.machine(name).driftPpm = Number(other);
        return;
      case 'jump':
        stage.jump(name, Number(other));
        return;
      case 'sync':
        stage.sync(name, other === '' ? undefined : Number(other));
        return;
      case 'deliver':
        stage.deliver(toFilter(words));
        return;
      case 'lose':
        stage.take(toFilter(words));
        return;
      case 'keep':
        this.late = [...this.late, ...stage.take(toFilter(words))];
        return;
      case 'late':
        for (const message of this.late) stage.hand(message);
        this.late = [];
        return;
      case 'settle':
        stage.settle(words);
        return;
      default:
        this.ask(command, name, other, words);
    }
  }

  private ask(command: string, name: string, other: string, words: readonly string[]): void {
    const { stage } = this;
    switch (command) {
      case 'propose':
        stage.propose(name);
        return;
      case 'read':
        stage.read(name, other === 'lease' ? 'lease' : 'read-index');
        return;
      case 'transfer': {
        const target = toNodeId(other);
        stage.happen(name, { type: 'transfer-leadership', id: stage.id(), target });
        return;
      }
      case 'change': {
        const isAutoLeave = !words.includes('explicit');
        const changes = words
          .slice(1)
          .filter((word) => word.includes(':'))
          .map(toChange);
        stage.happen(name, { type: 'change-members', id: stage.id(), changes, isAutoLeave });
        return;
      }
      case 'leave':
        stage.happen(name, { type: 'leave-joint', id: stage.id() });
        return;
      case 'snapshot':
        stage.snapshot(name);
        return;
      case 'crash':
        stage.crash(name);
        return;
      case 'restart':
        stage.restart(name);
        return;
      default:
        throw new Error(`a story has no command ${command}`);
    }
  }

  private status(): readonly string[] {
    return [...this.stage.machines.values()].map(({ node, state }) => {
      if (state === undefined) return `${node}: down`;
      const { role, term, leader, commitIndex, lastIndex, configuration } = statusOf(state);
      const { voters, outgoing, learners } = configuration;
      const members = [voters, outgoing, learners].map((list) => list.join(' ')).join(' | ');
      const place = `commit ${commitIndex} of ${lastIndex}`;
      return `${node}: ${role} term ${term} of ${leader ?? 'nobody'}, ${place}, (${members})`;
    });
  }
}

function toFilter([from = '-', to = '-', type]: readonly string[]) {
  return {
    ...(from === '-' ? {} : { from }),
    ...(to === '-' ? {} : { to }),
    ...(type === undefined ? {} : { type: type as Message['type'] }),
  };
}

function toChange(word: string): MemberChange {
  const [type, node = ''] = word.split(':');
  return { type: type as MemberChange['type'], node: toNodeId(node) };
}

function describe(node: NodeId, effect: Effect): string | undefined {
  switch (effect.type) {
    case 'send':
      return `${node} > ${effect.message.to}: ${describeMessage(effect.message)}`;
    case 'persist': {
      const { hardState, snapshot, entries } = effect;
      const vote = hardState?.votedFor === undefined ? '' : ` vote ${hardState.votedFor}`;
      const parts = [
        hardState === undefined ? '' : `term ${hardState.term}${vote}`,
        snapshot === undefined ? '' : `snapshot ${snapshot.index}/${snapshot.term}`,
        describeEntries(entries),
      ];
      return `${node}: writes ${parts.filter((part) => part !== '').join(', ')}`;
    }
    case 'apply':
      return `${node}: applies ${describeEntries(effect.entries)}`;
    case 'restore':
      return `${node}: restores snapshot ${effect.snapshot.index}/${effect.snapshot.term}`;
    case 'role':
      return `${node}: ${effect.role} in term ${effect.term} of ${effect.leader ?? 'nobody'}`;
    case 'committed':
      return `${node}: request ${effect.id} is committed at ${effect.index}`;
    case 'refused': {
      const end = effect.isDefinite ? 'for good' : 'as not known';
      return `${node}: request ${effect.id} is refused ${end}: ${effect.reason}`;
    }
    case 'read-ready':
      return `${node}: read ${effect.id} is answered at ${effect.index}`;
    case 'transferred':
      return `${node}: request ${effect.id} is done`;
    case 'write-chunk': {
      const { snapshot, image, offset, data } = effect;
      const part = `${offset} to ${offset + data.length} of ${image.sizeBytes}`;
      return `${node}: writes ${part} of snapshot ${snapshot.index}`;
    }
    case 'asleep':
      return `${node}: falls asleep behind ${effect.leader}`;
    case 'awake':
      return `${node}: wakes up`;
    case 'forget':
      return `${node}: forgets its log up to ${effect.logIndex}`;
    default:
      return undefined;
  }
}

function describeEntries(entries: readonly Entry[]): string {
  return entries
    .map((entry) => {
      const place = `${entry.index}/${entry.term}`;
      if (entry.type !== 'configuration') return `${place} ${entry.type}`;
      return `${place} ${describeVoters(entry.configuration)}`;
    })
    .join(', ');
}

function describeVoters({ voters, outgoing }: Configuration): string {
  const joint = outgoing.length === 0 ? '' : ` + {${outgoing.join(' ')}}`;
  return `{${voters.join(' ')}}${joint}`;
}

function describeMessage(message: Message): string {
  const head = `${message.type} ${message.term}`;
  switch (message.type) {
    case 'request-vote':
    case 'request-pre-vote':
      return `${head}, log ends ${message.lastIndex}/${message.lastTerm}`;
    case 'vote-response':
    case 'pre-vote-response':
      return `${head}: ${message.isGranted ? 'yes' : 'no'}`;
    case 'append-entries': {
      const entries = describeEntries(message.entries);
      const what = entries === '' ? 'nothing' : entries;
      const behind = `${message.previousIndex}/${message.previousTerm}`;
      return `${head}: ${what} behind ${behind}, commit ${message.commitIndex}`;
    }
    case 'append-accepted':
      return `${head}: up to ${message.index}`;
    case 'append-rejected':
      return `${head}: not behind ${message.previousIndex}, try ${message.hintIndex}`;
    case 'heartbeat':
      return `${head}: round ${message.round}, commit ${message.commitIndex}`;
    case 'heartbeat-response':
      return `${head}: round ${message.round}`;
    case 'install-snapshot': {
      const { snapshot, offset, data } = message;
      const voters = describeVoters(snapshot.configuration);
      const place = `${snapshot.index}/${snapshot.term} of ${voters}`;
      return `${head}: ${place}, bytes ${offset} to ${offset + data.length}`;
    }
    case 'quiesce':
      return `${head}: all ends at ${message.commitIndex}/${message.commitTerm}`;
    case 'snapshot-progress':
      return `${head}: has ${message.offset} of ${message.index}`;
    case 'read-index':
      return `${head}: question ${message.context}`;
    case 'read-index-response':
      return `${head}: question ${message.context} ${message.index ?? 'cannot tell'}`;
    case 'forward-proposal':
      return `${head}: ${message.sequence}`;
    case 'forward-response':
      return `${head}: ${message.sequence} ${message.outcome.type}`;
    case 'timeout-now':
      return head;
  }
}
