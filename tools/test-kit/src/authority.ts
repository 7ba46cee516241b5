/**
 * Keys and certificates for tests, made by openssl when they run: none is kept in the repository.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';

/** A key, its certificate, and the authority of both sides' certificates, as PEM. */
export interface IssuedKey {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

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

  /** A key and a certificate that names `subject`, and `others` too, on this machine. */
  issue(subject: string, ...others: readonly string[]): IssuedKey {
    const name = `${this.name}-${subject}`;
    const authority = this.fileOf(this.name);
    this.make(name, [
      ...['-CA', `${authority}.pem`, '-CAkey', `${authority}.key`],
      ...['-addext', alternativeNames([subject, ...others])],
      ...['-addext', 'basicConstraints=critical,CA:FALSE'],
    ]);
    return this.read(name);
  }

  /** The same, a day too late. */
  issueExpired(subject: string): IssuedKey {
    const name = `${this.name}-expired-${subject}`;
    const [file, authority] = [this.fileOf(name), this.fileOf(this.name)];
    this.run([
      ...['req', '-new', ...NEW_KEY, '-subj', `/CN=${subject}`],
      ...['-addext', alternativeNames([subject]), '-keyout', `${file}.key`, '-out', `${file}.csr`],
    ]);
    this.run([
      ...['x509', '-req', '-in', `${file}.csr`, '-copy_extensions', 'copyall', '-days', '-1'],
      ...['-CA', `${authority}.pem`, '-CAkey', `${authority}.key`, '-out', `${file}.pem`],
    ]);
    return this.read(name);
  }

  private make(name: string, more: readonly string[]): void {
    const file = this.fileOf(name);
    const subject = name.slice(name.lastIndexOf('-') + 1);
    this.run([
      ...['req', '-x509', ...NEW_KEY, '-days', '2', '-subj', `/CN=${subject}`],
      ...['-keyout', `${file}.key`, '-out', `${file}.pem`, ...more],
    ]);
  }

  private read(name: string): IssuedKey {
    const file = this.fileOf(name);
    return {
      key: fs.readFileSync(`${file}.key`, 'utf8'),
      cert: fs.readFileSync(`${file}.pem`, 'utf8'),
      ca: fs.readFileSync(`${this.fileOf(this.name)}.pem`, 'utf8'),
    };
  }

  private run(args: readonly string[]): void {
    execFileSync(this.openssl, args, { stdio: 'ignore' });
  }

  private fileOf(name: string): string {
    return join(this.directory, name);
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'] as const;

function alternativeNames(names: readonly string[]): string {
  return `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')},IP:127.0.0.1`;
}
