import { AzureService } from '../support/azure-service.ts';
import { ConnectService } from '../support/connect-service.ts';
import { CustomVaultServer } from '../support/custom-vault-server.ts';
import { HashicorpService } from '../support/hashicorp-service.ts';
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

/** The vaults that are emulated here; Bitwarden's own program takes too long to start for this. */
export const ORDER_VAULTS = { custom, hashicorp, onepassword, azure };
