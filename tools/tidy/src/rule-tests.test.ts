/**
 * Shows that a rule without a test is caught, and a test that names a rule which does not exist.
 */
import { expect, it } from 'vitest';
import { faultsWith, source } from '../test/planted-house.ts';

const DESIGN = 'systems/raft/DESIGN.md';
const TEST = 'systems/raft/test/planted.rules.test.ts';

it('catches a rule that no test names, however the rule is written', async () => {
  const faults = await faultsWith({
    [DESIGN]: '- **R1** one\n- **R2**: two\n### R3 three\n| R4 | four |\n* `R5` five\n- R6 six\n',
    [TEST]: source("import { it } from 'vitest';\nit('R12 R6: six', () => {});"),
  });
  expect(faults.filter((fault) => fault.startsWith(DESIGN))).toEqual([
    `${DESIGN}:2: R2 is named by no test of systems/raft`,
    `${DESIGN}:3: R3 is named by no test of systems/raft`,
    `${DESIGN}:4: R4 is named by no test of systems/raft`,
    `${DESIGN}:5: R5 is named by no test of systems/raft`,
  ]);
});

it('does not take a mention in the text, or in a comment of a test, for either', async () => {
  const faults = await faultsWith({
    [DESIGN]: '- **R1** one, see R9 and R10\n- **R2** two\n',
    [TEST]: source("// R2: a comment\nexport const text = 'R2: a string';"),
  });
  expect(faults).toEqual([`${DESIGN}:2: R2 is named by no test of systems/raft`]);
});

it('catches a test of a rule that does not exist, in every form of a title', async () => {
  const faults = await faultsWith({
    [TEST]: source(
      [
        "import { describe, it, test } from 'vitest';",
        "describe('R2: a suite', () => {});",
        "it.skipIf(false)('R3: a test', () => {});",
        'test.each([1, 2])(`R4: with $' + '{1 + 1}`, () => {});',
        "it('R1: a term has one leader (HTTP2, not R1a)', () => {});",
        "other('R5: no test at all', () => {});",
      ].join('\n'),
    ),
  });
  expect(faults).toEqual([
    `${TEST}:5: names R2, which ${DESIGN} does not have`,
    `${TEST}:6: names R3, which ${DESIGN} does not have`,
    `${TEST}:7: names R4, which ${DESIGN} does not have`,
  ]);
});

it('catches an id that is given twice', async () => {
  expect(await faultsWith({ [DESIGN]: '- **R1** one\n- **R1** again\n' })).toEqual([
    `${DESIGN}:2: gives R1 twice: it is on line 1 already`,
  ]);
});

it('holds other letters to the same where the design uses them', async () => {
  const faults = await faultsWith({
    [DESIGN]: '- **R1** one\n- **W1** the write rule\n',
    [TEST]: source(
      "import { it } from 'vitest';\nit('W2: unknown', () => {});\nit('X7: free', () => {});",
    ),
  });
  expect(faults).toEqual([
    `${TEST}:5: names W2, which ${DESIGN} does not have`,
    `${DESIGN}:2: W1 is named by no test of systems/raft`,
  ]);
});

it('catches a table that says wrongly where the tests of its rules stand', async () => {
  const faults = await faultsWith({
    [DESIGN]: [
      '- **R1** one\n- **R2** two\n',
      '| section | rules | tests |\n| --- | --- | --- |',
      '| a | R1, R2 | `planted.rules` |',
      '| b | R1 | `planted.rules`, `other` |',
      '| c | R2 | `none` |',
    ].join('\n'),
    [TEST]: source("import { it } from 'vitest';\nit('R1: one', () => {});"),
    'systems/raft/test/other.test.ts': source(
      "import { it } from 'vitest';\nit('R2: two', () => {});",
    ),
  });
  expect(faults).toEqual([
    `${DESIGN}:6: R2 is named by none of planted.rules`,
    `${DESIGN}:7: other.test.ts names none of R1`,
    `${DESIGN}:8: none.test.ts names none of R2`,
    `${DESIGN}:8: R2 is named by none of none`,
  ]);
});
