import { AzureService } from '../support/azure-service.ts';
import { passOn, startBwServe } from '../support/bw-serve.ts';
import { ConnectService } from '../support/connect-service.ts';
import { CustomVaultServer } from '../support/custom-vault-server.ts';
import { HashicorpService } from '../support/hashicorp-service.ts';
import { JsonService } from '../support/json-service.ts';
import { makeCertificates } from '../support/test-certificates.ts';
import type { OrderVault } from './order-rounds.ts';

/** A vault with its end. */
export type Opened = OrderVault & { close(): Promise<void> };

async function custom(): Promise<Opened> {
  const { http, items, token, url } = await CustomVaultServer.start();
  return {
    type: 'custom',
    body: { config: { api_base_url: url, api_token: token } },
    http,
    items: () => [...items.keys()],
    close: () => http.close(),
  };
}

async function hashicorp(): Promise<Opened> {
  const service = await HashicorpService.start();
  return {
    type: 'hashicorp',
    body: { config: { api_base_url: service.http.url, token: service.token } },
    http: service.http,
    items: () => service.paths.map((path) => path.replace('keyturn/', '')),
    close: () => service.http.close(),
  };
}

async function onepassword(): Promise<Opened> {
  const service = await ConnectService.start(['Logins']);
  const vault = service.vaultNamed('Logins');
  return {
    type: 'onepassword',
    body: { token: service.token, api_base_url: service.http.url, vault_id: vault },
    http: service.http,
    items: () => [...service.items.keys()].map((id) => `${vault}/${id}`),
    close: () => service.http.close(),
  };
}

/** The SDK insists on TLS: the process that uses it has to trust `ca`. */
async function azure(): Promise<Opened & { ca: string }> {
  const certificates = makeCertificates();
  const service = await AzureService.start(certificates);
  const { tenant: tenant_id, clientId: client_id, clientSecret: client_secret } = service;
  const places = { vault_url: service.vault.url, authority_host: service.authority.url };
  return {
    type: 'azure_vault',
    body: { credential: { tenant_id, client_id, client_secret, ...places } },
    http: service.vault,
    items: () => [...service.secrets.keys()],
    env: { NODE_EXTRA_CA_CERTS: certificates.caFile },
    ca: certificates.ca,
    async close() {
      await service.close();
      certificates.remove();
    },
  };
}

/** The real `bw serve`, by a proxy that sees every request. It takes some twenty seconds to start. */
async function bitwarden(): Promise<Opened> {
  const bw = await startBwServe();
  let over = false;
  const http = await JsonService.start(async (request) => {
    try {
      return await passOn(bw.url, request);
    } catch (error) {
      // What a killed process had asked for may still be under way at the end.
      if (!over) throw error;
      return { status: 503 };
    }
  });
  return {
    type: 'bitwarden',
    body: { config: { api_base_url: http.url, master_password: bw.server.masterPassword } },
    http,
    items: () => [...bw.server.items.keys()],
    async close() {
      over = true;
      await http.close();
      await bw.stop();
    },
  };
}

/** Every vault that can be written, besides the built-in one. */
export const ORDER_VAULTS = { custom, hashicorp, onepassword, azure, bitwarden };
