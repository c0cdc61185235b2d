/** A plan is a few hundred bytes; an endpoint that says more about itself still fits. */
const MAX_BYTES = 256 * 1024;

export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

/**
 * `fetch` for an endpoint the operator named: goes there and nowhere else (a redirect is an error), and breaks an
 * answer off that grows too large, while it comes and as it is after decompression.
 */
export async function boundedFetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, { ...init, redirect: 'error' });
  let bytes = 0;
  const bounded = response.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > MAX_BYTES) controller.error(new TooLarge(`More than ${MAX_BYTES} bytes.`));
        else controller.enqueue(chunk);
      },
    }),
  );
  const { status, statusText, headers } = response;
  return new Response(bounded ?? null, { status, statusText, headers });
}
