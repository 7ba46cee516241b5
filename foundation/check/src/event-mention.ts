/**
 * Sentences that name events of a history, and where in them they do: whoever knows more of the
 * events than their numbers, as their times, can say that instead.
 */

/** A place in the sentences of a violation that names an event. */
export interface EventMention {
  /** Which sentence, from 0. */
  readonly sentence: number;
  /** Its words stand from this character of the sentence on. */
  readonly from: number;
  /** And before this one. */
  readonly to: number;
  /** Where the event stands in the history that was judged, from 0. */
  readonly event: number;
}

/** A sentence, or a part of one, that knows which events it names. */
export interface Told {
  readonly text: string;
  readonly mentions: readonly Omit<EventMention, 'sentence'>[];
}

/** Names an event by its position in the history. */
export function eventAt(event: number): Told {
  const text = `event ${event}`;
  return { text, mentions: [{ from: 0, to: text.length, event }] };
}

/** Makes a sentence of a template; parts that are told themselves keep what they mention. */
export function told(words: readonly string[], ...parts: readonly (string | Told)[]): Told {
  let text = words[0] ?? '';
  const mentions: Told['mentions'][number][] = [];
  for (const [index, part] of parts.entries()) {
    const at = text.length;
    if (typeof part !== 'string') {
      for (const { from, to, event } of part.mentions) {
        mentions.push({ from: at + from, to: at + to, event });
      }
    }
    text += (typeof part === 'string' ? part : part.text) + (words[index + 1] ?? '');
  }
  return { text, mentions };
}

/** The texts of sentences, and what they mention; no mentions where there are none. */
export function spoken(sentences: readonly (string | Told)[]): {
  readonly sentences: readonly string[];
  readonly mentions?: readonly EventMention[];
} {
  const mentions = sentences.flatMap((each, sentence) =>
    typeof each === 'string' ? [] : each.mentions.map((mention) => ({ sentence, ...mention })),
  );
  const texts = sentences.map((each) => (typeof each === 'string' ? each : each.text));
  return { sentences: texts, ...(mentions.length === 0 ? {} : { mentions }) };
}

/** The sentences of a violation with other names for the events that they mention. */
export function sentencesNaming(
  { sentences, mentions = [] }: ReturnType<typeof spoken>,
  nameOf: (event: number) => string,
): readonly string[] {
  return sentences.map((text, sentence) => {
    const own = mentions.filter((mention) => mention.sentence === sentence);
    // From the end on, so that what comes before stays where it is.
    return own
      .toSorted((a, b) => b.from - a.from)
      .reduce((so, { from, to, event }) => so.slice(0, from) + nameOf(event) + so.slice(to), text);
  });
}
