/**
 * The command `npm run tidy`: prints what it checked and every fault; exits with 1 if there is one.
 *
 * The house is the one it stands in, or the folder given as the only argument.
 */
import { resolve } from 'node:path';
import process from 'node:process';
import { formatFault } from './report.ts';
import { tidy } from './tidy.ts';

async function main(root: string): Promise<number> {
  const report = await tidy(root);
  const faults = report.findings.flatMap((finding) => finding.faults);
  console.log(
    `tidy: ${report.packageCount} packages, ${report.sourceCount} source files, ` +
      `${report.importCount} imports, ${report.textCount} files of text`,
  );
  for (const { name, says, faults: found } of report.findings) {
    console.log(`  ${name.padEnd(8)}${says.padEnd(44)}${found.length === 0 ? 'ok' : found.length}`);
  }
  for (const fault of faults) console.log(formatFault(fault));
  console.log(faults.length === 0 ? 'tidy: no faults' : `tidy: ${faults.length} faults`);
  return faults.length === 0 ? 0 : 1;
}

process.exitCode = await main(resolve(process.argv[2] ?? resolve(import.meta.dirname, '../../..')));
