/**
 * The door of the lab for what needs Node.js.
 */
export { PROJECT_ROOT, readEnvironment } from './environment.ts';
export { renderReport } from './report/render-report.ts';
