import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Counterpart } from './skip.ts';

export const openssl: Counterpart = { name: 'OpenSSL', available: existsSync('/usr/bin/openssl') };

/** A certificate authority of our own, and a certificate it gave to a server at `localhost` and 127.0.0.1. */
export interface TestCertificates {
  ca: string;
  cert: string;
  key: string;
  caFile: string;
  certFile: string;
  keyFile: string;
  remove(): void;
}

/** Made anew for each test file: no key is kept anywhere. Needs the openssl command. */
export function makeCertificates(): TestCertificates {
  const folder = mkdtempSync(path.join(tmpdir(), 'certificates-'));
  const file = (name: string) => path.join(folder, name);
  const openssl = (...argv: string[]) => execFileSync('openssl', argv, { cwd: folder, stdio: 'pipe' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...ec, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test authority');
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const given = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', names, '-addext', 'basicConstraints=CA:FALSE'];
  openssl('req', '-x509', ...ec, ...given, '-keyout', 'key.pem', '-out', 'cert.pem', '-days', '2', '-subj', '/CN=mail');
  const read = (name: string) => readFileSync(file(name), 'utf8');
  return {
    ca: read('ca.pem'),
    cert: read('cert.pem'),
    key: read('key.pem'),
    caFile: file('ca.pem'),
    certFile: file('cert.pem'),
    keyFile: file('key.pem'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
