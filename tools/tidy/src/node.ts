/**
 * The door of tidy: checks properties of the code itself.
 */
export { type Fault, formatFault } from './report.ts';
export { type TidyReport, tidy } from './tidy.ts';
