/**
 * The contract suite of the Host: one list of cases that every implementation passes.
 */
/// <reference path="../globals.d.ts" />
import { diskCases } from './disk-cases.ts';
import { fileCases } from './file-cases.ts';
import { lifeCases } from './life-cases.ts';
import { messageCases } from './message-cases.ts';
import { streamCases } from './stream-cases.ts';
import { timeCases } from './time-cases.ts';
import type { ContractCase } from './world.ts';

export type { ContractCase, ContractFault, ContractWorld } from './world.ts';

/** Every case of the contract, theme by theme; each wants a world of its own. */
export const hostContract: readonly ContractCase[] = [
  ...timeCases,
  ...lifeCases,
  ...messageCases,
  ...streamCases,
  ...fileCases,
  ...diskCases,
];
