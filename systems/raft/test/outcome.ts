/**
 * What a promise comes to in a simulation, which a test has to run on meanwhile.
 */

/** Runs on by `until` until `promise` has ended; its value, or the error that it rejected with. */
export async function outcomeOf<Value, Failure extends Error = Error>(
  promise: Promise<Value>,
  until: (isDone: () => boolean) => Promise<void>,
): Promise<Value | Failure> {
  let outcome: { value: Value | Failure } | undefined;
  promise.then(
    (value) => {
      outcome = { value };
    },
    (error) => {
      outcome = { value: error };
    },
  );
  await until(() => outcome !== undefined);
  if (outcome === undefined) throw new Error('it did not end');
  return outcome.value;
}
