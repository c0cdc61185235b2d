import type { OtlpConfig } from '../config.ts';
import type { Logger } from '../log.ts';
import type { Scrubber } from '../scrub.ts';

/** Ids and fixed words about a span. Their texts are scrubbed when it ends. */
export type SpanFacts = Record<string, string | number | boolean | null>;

/** Something that takes its time, as it is traced. */
export interface TraceSpan {
  /** W3C traceparent, for what belongs below it; null: nothing is traced. */
  readonly traceparent: string | null;
  /** Unix milliseconds; now when left out. Only the first end counts. */
  end(facts: SpanFacts, outcome?: { failed?: boolean; at?: number }): void;
}

export interface SpanStart {
  /** W3C traceparent of what it belongs to; null, or what is none: it begins a trace. */
  parent: string | null;
  /** The span answers a call from outside. */
  server?: boolean;
  /** Unix milliseconds; now when left out. */
  at?: number;
}

/** Traces runs from the request to the worker. Names are fixed words or patterns of routes. */
export interface Tracing {
  start(name: string, start: SpanStart): TraceSpan;
  /** Sends what is left, for a moment at most. */
  close(): Promise<void>;
}

const NO_SPAN: TraceSpan = { traceparent: null, end: () => undefined };

export const NO_TRACING: Tracing = { start: () => NO_SPAN, close: async () => undefined };

/** Tracing as it is configured; its packages are loaded only where a collector is named. Throws `bad_configuration`. */
export async function openTracing(config: OtlpConfig | null, log: Logger, scrubber: Scrubber): Promise<Tracing> {
  if (config === null) return NO_TRACING;
  const { OtlpTracing } = await import('./otlp-tracing.ts');
  return OtlpTracing.open(config, log, scrubber);
}
