/**
 * The door of the first system: a replicated register, small enough to be read in one sitting.
 */
export {
  register,
  registerBugs,
  registerExperiment,
  registerReadersExperiment,
} from './experiment.ts';
