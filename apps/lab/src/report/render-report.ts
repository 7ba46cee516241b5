/**
 * A report as the file that people open.
 */
import type { ExperimentReport } from '../run-report.ts';
import { renderPage } from './html-report.ts';
import { readPageScript } from './page-script.ts';

/** The page of `report`: one HTML file that needs no network. */
export function renderReport(report: ExperimentReport): string {
  return renderPage(report, readPageScript());
}
