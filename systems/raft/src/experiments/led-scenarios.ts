/**
 * The failure scenarios of a system with a leader and a replicated log, as experiments.
 */
import { cutScenarios } from './cut-scenarios.ts';
import { type LedSystem, play, type ScenarioExperiment } from './led-system.ts';
import { machineScenarios } from './machine-scenarios.ts';

/** Every scenario, played with `system`. */
export function experimentsOf(system: LedSystem): readonly ScenarioExperiment[] {
  return [...machineScenarios, ...cutScenarios].map((scenario) => play(system, scenario));
}
