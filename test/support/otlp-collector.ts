import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A span as a test looks at it. */
export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | null;
  name: string;
  /** Unix milliseconds. */
  from: number;
  until: number;
  attributes: Record<string, unknown>;
}

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
}

/** What an OpenTelemetry collector is to a service: it takes OTLP over HTTP, in JSON. */
export interface OtlpCollector {
  readonly env: Record<string, string>;
  /** Everything that arrived, headers too. */
  readonly received: string[];
  spans(): CollectedSpan[];
  close(): Promise<void>;
}

function spansIn(body: string): CollectedSpan[] {
  const { resourceSpans } = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] };
  return resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .map(({ traceId, spanId, parentSpanId, name, startTimeUnixNano, endTimeUnixNano, attributes }) => ({
      traceId,
      spanId,
      parentSpanId: parentSpanId || null,
      name,
      from: Number(BigInt(startTimeUnixNano) / 1_000_000n),
      until: Number(BigInt(endTimeUnixNano) / 1_000_000n),
      attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
    }));
}

/** `answers: false`: takes every call and never answers it. */
export async function startOtlpCollector({ answers = true } = {}): Promise<OtlpCollector> {
  const received: string[] = [];
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    received.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}\n${body}`);
    if (request.method === 'POST' && request.url === '/v1/traces') bodies.push(body);
    if (answers) response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` },
    received,
    spans: () => bodies.flatMap(spansIn),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
