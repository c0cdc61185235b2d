import type { Config } from '../config.ts';
import { EgressProxy, type EgressProxyOptions } from './egress-proxy.ts';
import { OwnPlaces, type OwnServer } from './own-places.ts';

/** The settings that say where browsers may go and what is the service's own. */
export type EgressConfig = Pick<Config, 'allowNetworks' | 'databaseUrl' | 'openaiBaseUrl' | 'azureVaultUrl' | 'otlp'>;

/** The way out of the browsers, closed to the servers the configuration names. Ports are told to `ownPlaces`. */
export async function openEgress(
  config: EgressConfig,
  { onDenied, lookup }: Pick<EgressProxyOptions, 'onDenied' | 'lookup'> = {},
): Promise<{ egress: EgressProxy; ownPlaces: OwnPlaces }> {
  const ownPlaces = new OwnPlaces(lookup);
  for (const server of ownServers(config)) ownPlaces.addServer(server);
  const egress = await EgressProxy.start({ allowNetworks: config.allowNetworks, ownPlaces, onDenied, lookup });
  return { egress, ownPlaces };
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
