/**
 * Readings of a metric registry as the text that Prometheus scrapes.
 *
 * Source: the text-based exposition format, version 0.0.4, of the Prometheus documentation.
 */
import type { Reading } from '@mangrove/host';

/** The readings as text; `common` labels (node, cluster) are added to each. Pure. */
export function toPrometheusText(
  readings: readonly Reading[],
  common: Readonly<Record<string, string>> = {},
): string {
  const families = new Map<string, string[]>();
  for (const reading of readings) {
    const name = familyName(reading);
    let lines = families.get(name);
    if (lines === undefined) {
      lines = [`# HELP ${name} ${escapeHelp(reading.help)}`, `# TYPE ${name} ${reading.type}`];
      families.set(name, lines);
    }
    lines.push(...samples(name, reading, { ...common, ...reading.labels }));
  }
  const text = [...families.values()].flat().join('\n');
  return text === '' ? '' : `${text}\n`;
}

/** `disk_sync` in `ms` is `disk_sync_ms`; counters end in `_total`. */
function familyName({ name, unit, type }: Reading): string {
  const withUnit = unit === '1' || name.endsWith(`_${unit}`) ? name : `${name}_${unit}`;
  const plain = withUnit.replaceAll(/[^a-zA-Z0-9_]/g, '_');
  return type === 'counter' && !plain.endsWith('_total') ? `${plain}_total` : plain;
}

function samples(name: string, reading: Reading, labels: Record<string, string>): string[] {
  if (reading.type !== 'histogram') return [`${name}${braces(labels)} ${number(reading.value)}`];
  const lines: string[] = [];
  let last = -1;
  for (const [upTo, count] of reading.buckets ?? []) {
    // Buckets that add nothing are left out: the format allows any set of bounds, and 64 are many.
    if (count === last || count === 0) continue;
    last = count;
    lines.push(`${name}_bucket${braces({ ...labels, le: number(upTo) })} ${number(count)}`);
  }
  lines.push(`${name}_bucket${braces({ ...labels, le: '+Inf' })} ${number(reading.value)}`);
  lines.push(`${name}_sum${braces(labels)} ${number(reading.sum ?? 0)}`);
  lines.push(`${name}_count${braces(labels)} ${number(reading.value)}`);
  return lines;
}

function braces(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
