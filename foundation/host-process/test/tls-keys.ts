/**
 * Keys and certificates for tests, made by openssl when they run: none is kept in the repository.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import type { TlsIdentity } from '@mangrove/host-process/node';

/** An authority that signs certificates. */
export class Authority {
  private readonly openssl: string;
  private readonly directory: string;
  private readonly name: string;

  /** Makes the authority `name`, with its files in `directory`. */
  constructor(openssl: string, directory: string, name: string) {
    this.openssl = openssl;
    this.directory = directory;
    this.name = name;
    this.make(name, []);
  }

  /** A key and a certificate that names `subject`, on this machine. */
  issue(subject: string): TlsIdentity {
    const name = `${this.name}-${subject}`;
    const authority = this.fileOf(this.name);
    this.make(name, [
      ...['-CA', `${authority}.pem`, '-CAkey', `${authority}.key`],
      ...['-addext', `subjectAltName=DNS:${subject},IP:127.0.0.1`],
      ...['-addext', 'basicConstraints=critical,CA:FALSE'],
    ]);
    const file = this.fileOf(name);
    return {
      key: fs.readFileSync(`${file}.key`, 'utf8'),
      cert: fs.readFileSync(`${file}.pem`, 'utf8'),
      ca: fs.readFileSync(`${authority}.pem`, 'utf8'),
    };
  }

  private make(name: string, more: readonly string[]): void {
    const file = this.fileOf(name);
    const subject = name.slice(name.lastIndexOf('-') + 1);
    execFileSync(
      this.openssl,
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
        ...['-noenc', '-days', '2', '-subj', `/CN=${subject}`],
        ...['-keyout', `${file}.key`, '-out', `${file}.pem`, ...more],
      ],
      { stdio: 'ignore' },
    );
  }

  private fileOf(name: string): string {
    return join(this.directory, name);
  }
}
