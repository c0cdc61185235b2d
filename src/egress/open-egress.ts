import type { Config } from '../config.ts';
import { EgressProxy, type EgressProxyOptions } from './egress-proxy.ts';
import { OwnPlaces, type OwnServer } from './own-places.ts';
import type { Lookup } from './resolve-host.ts';

/** The settings that say where browsers may go and what is the service's own. */
export type EgressConfig = Pick<Config, 'allowNetworks' | 'databaseUrl' | 'openaiBaseUrl' | 'azureVaultUrl' | 'otlp'>;

/** The servers the configuration names. The service's own ports are told to it when they are open. */
export function ownPlacesOf(config: EgressConfig, lookup?: Lookup): OwnPlaces {
  const ownPlaces = new OwnPlaces(lookup);
  for (const server of ownServers(config)) ownPlaces.addServer(server);
  return ownPlaces;
}

/** The way out of the browsers, closed to the servers the configuration names. */
export async function openEgress(
  config: EgressConfig,
  { ownPlaces = ownPlacesOf(config), ...options }: Partial<Omit<EgressProxyOptions, 'allowNetworks'>> = {},
): Promise<EgressProxy> {
  return EgressProxy.start({ allowNetworks: config.allowNetworks, ownPlaces, ...options });
}

function ownServers({ databaseUrl, openaiBaseUrl, azureVaultUrl, otlp }: EgressConfig): OwnServer[] {
  const web = [openaiBaseUrl, azureVaultUrl, otlp?.tracesUrl].flatMap((address) => {
    const url = URL.parse(address ?? '');
    if (!url) return [];
    return [{ host: url.hostname, port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80), web: true }];
  });
  const database = URL.parse(databaseUrl ?? '');
  if (!database) return web;
  // libpq's parameters come first; a path is a socket's folder.
  const host = database.searchParams.get('host') ?? database.hostname;
  const port = Number(database.searchParams.get('port') ?? database.port) || 5432;
  return [...web, { host: host === '' || host.startsWith('/') ? 'localhost' : host, port, web: false }];
}
