import type { Span, SpanContext, Tracer } from '@opentelemetry/api';
import type { TracerProvider } from '@opentelemetry/sdk-trace';
import type { OtlpConfig } from '../config.ts';
import type { Logger } from '../log.ts';
import { optionalPackage } from '../optional-package.ts';
import type { Scrubber } from '../scrub.ts';
import type { SpanFacts, SpanStart, TraceSpan, Tracing } from './tracing.ts';

/** A collector that does not answer within this is given up; the run knows nothing of it. */
const EXPORT_TIMEOUT_MS = 2_000;
const EXPORT_EVERY_MS = 1_000;
/** Spans kept while the collector is away; then new ones are dropped. */
const MAX_QUEUE = 2_048;
/** What a stop may wait for the last spans to leave: longer than one try, so that nothing of it is left. */
const CLOSE_MS = 3_000;

/** W3C Trace Context, version 00. A parent that is not sampled still gives its trace's id. */
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

type Api = typeof import('@opentelemetry/api');

const PACKAGES =
  '@opentelemetry/api @opentelemetry/sdk-trace @opentelemetry/resources @opentelemetry/exporter-trace-otlp-http';

async function load() {
  const [api, sdk, exporter, resources] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  return { api, sdk, exporter, resources };
}

/** Spans by OpenTelemetry, sent to a collector by OTLP over HTTP in the background. */
export class OtlpTracing implements Tracing {
  readonly #api: Api;
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #scrubber: Scrubber;

  private constructor(api: Api, provider: TracerProvider, scrubber: Scrubber) {
    this.#api = api;
    this.#provider = provider;
    this.#tracer = provider.getTracer('keyturn');
    this.#scrubber = scrubber;
  }

  static async open(config: OtlpConfig, log: Logger, scrubber: Scrubber): Promise<OtlpTracing> {
    const { api, sdk, exporter, resources } = await optionalPackage(PACKAGES, load, {
      by: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      code: 'bad_configuration',
    });
    const otlp = new exporter.OTLPTraceExporter({
      url: config.tracesUrl,
      headers: config.headers,
      timeoutMillis: EXPORT_TIMEOUT_MS,
    });
    const provider = new sdk.TracerProvider({
      resource: resources.resourceFromAttributes({ 'service.name': config.serviceName }),
      sampler: new sdk.ParentBasedSampler({ root: new sdk.AlwaysOnSampler() }),
      spanProcessors: [
        new sdk.BatchSpanProcessor({
          exporter: otlp,
          scheduledDelayMillis: EXPORT_EVERY_MS,
          exportTimeoutMillis: EXPORT_TIMEOUT_MS,
          maxQueueSize: MAX_QUEUE,
        }),
      ],
    });
    log.info({ url: config.tracesUrl }, 'tracing runs');
    return new OtlpTracing(api, provider, scrubber);
  }

  start(name: string, { parent, server = false, at }: SpanStart): TraceSpan {
    const { ROOT_CONTEXT, SpanKind, trace } = this.#api;
    const above = contextOf(parent);
    const span = this.#tracer.startSpan(
      name,
      { kind: server ? SpanKind.SERVER : SpanKind.INTERNAL, ...(at !== undefined && { startTime: at }) },
      above ? trace.setSpanContext(ROOT_CONTEXT, above) : ROOT_CONTEXT,
    );
    const { traceId, spanId, traceFlags } = span.spanContext();
    return {
      traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
      end: (facts, outcome) => this.#end(span, facts, outcome),
    };
  }

  /** Facts are set at the end, when every secret of the run is known. */
  #end(span: Span, facts: SpanFacts, { failed = false, at }: { failed?: boolean; at?: number } = {}): void {
    if (!span.isRecording()) return;
    for (const [name, value] of Object.entries(facts)) {
      if (value !== null) span.setAttribute(name, typeof value === 'string' ? this.#scrubber.scrub(value) : value);
    }
    if (failed) span.setStatus({ code: this.#api.SpanStatusCode.ERROR });
    span.end(at);
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, CLOSE_MS);
    // Nothing is lost with them but the traces.
    await Promise.race([this.#provider.shutdown().catch(() => undefined), promise]);
    clearTimeout(timer);
  }
}

function contextOf(traceparent: string | null): SpanContext | null {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (!traceId || !spanId || !flags || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
}
