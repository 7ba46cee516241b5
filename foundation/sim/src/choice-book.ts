/**
 * The choices of a run: read from a plan as far as it goes, then drawn, and written down on the
 * way.
 */
import type { Choices, MessageFate } from '@mangrove/experiment';
import { type Random, RandomSource, SeededRandom } from '@mangrove/host';

/** Where every stream of a run comes from. */
export class ChoiceBook {
  private readonly given: Choices;
  private readonly root: SeededRandom;
  private readonly isRecording: boolean;
  private readonly draws = new Map<string, number[]>();
  private readonly fates = new Map<string, MessageFate[]>();

  /** @param isRecording whether `recorded` is wanted; it costs a number per draw */
  constructor(options: { seed: number; choices?: Choices; isRecording?: boolean }) {
    this.given = options.choices ?? { links: {}, draws: {} };
    this.root = new SeededRandom(options.seed, 'run');
    this.isRecording = options.isRecording ?? false;
  }

  /** The random stream called `name`, from its beginning. */
  stream(name: string): Random {
    const log = this.isRecording ? listIn(this.draws, name) : undefined;
    return new BookedRandom(this, name, this.root.stream(name), this.given.draws[name] ?? [], log);
  }

  /** The fates of the messages on the directed link called `name`, `n1>n2`. */
  link(name: string): LinkChoices {
    const log = this.isRecording ? listIn(this.fates, name) : undefined;
    return new LinkChoices(this.root.stream(`link/${name}`), this.given.links[name] ?? [], log);
  }

  /** All choices of the run so far. Empty unless it was recording. */
  recorded(): Choices {
    return {
      links: Object.fromEntries([...this.fates].filter(([, list]) => list.length > 0)),
      draws: Object.fromEntries([...this.draws].filter(([, list]) => list.length > 0)),
    };
  }
}

/** The fates of one link's messages: those of the plan first. */
export class LinkChoices {
  private readonly random: SeededRandom;
  private readonly given: readonly MessageFate[];
  private readonly log: MessageFate[] | undefined;
  private index = 0;

  constructor(random: SeededRandom, given: readonly MessageFate[], log: MessageFate[] | undefined) {
    this.random = random;
    this.given = given;
    this.log = log;
  }

  /** The next message's fate: the plan's, or what `draw` makes of the link's own randomness. */
  next(draw: (random: Random) => MessageFate): MessageFate {
    // Drawn in any case, so that a list that was cut short goes on as the whole one did.
    const drawn = draw(this.random);
    const fate = this.given[this.index++] ?? drawn;
    this.log?.push(fate);
    return fate;
  }
}

/** A stream that first gives what the plan holds. */
class BookedRandom extends RandomSource {
  private readonly book: ChoiceBook;
  private readonly name: string;
  private readonly fresh: SeededRandom;
  private readonly given: readonly number[];
  private readonly log: number[] | undefined;
  private index = 0;

  constructor(
    book: ChoiceBook,
    name: string,
    fresh: SeededRandom,
    given: readonly number[],
    log: number[] | undefined,
  ) {
    super();
    this.book = book;
    this.name = name;
    this.fresh = fresh;
    this.given = given;
    this.log = log;
  }

  override uint32(): number {
    const fresh = this.fresh.uint32();
    const draw = this.given[this.index] ?? fresh;
    // A stream that is asked for twice gives the same draws twice; they are written down once.
    if (this.log !== undefined) this.log[this.index] = draw;
    this.index += 1;
    return draw;
  }

  override stream(name: string): Random {
    return this.book.stream(`${this.name}/${name}`);
  }
}

function listIn<Item>(lists: Map<string, Item[]>, name: string): Item[] {
  const known = lists.get(name);
  if (known !== undefined) return known;
  const made: Item[] = [];
  lists.set(name, made);
  return made;
}
