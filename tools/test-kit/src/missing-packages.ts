/**
 * A command for `.ci/run`: prints the Debian packages that the tests need and this machine lacks.
 */
import { missingPackages } from './needs.ts';

console.log(missingPackages().join(' '));
