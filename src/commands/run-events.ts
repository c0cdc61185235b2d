import type { TemporaryService } from './temporary-service.ts';

const STAGE: Record<string, string> = {
  identifier: 'username',
  password: 'password',
  code: 'one-time code',
  extra: 'further field',
};

function sentence(event: string, data: Record<string, unknown>): string | null {
  if (event === 'stage') {
    const stage = STAGE[String(data.stage)] ?? String(data.stage);
    return data.state === 'started' ? `about to type the ${stage}` : `the ${stage} was sent`;
  }
  if (event === 'awaiting') {
    if (data.state === 'trouble') return String(data.text);
    return data.state === 'started' ? 'waiting for a fresh one-time code' : 'got the one-time code';
  }
  return null;
}

/** The stages of a run in words, as its event stream tells them, until it is final. */
export async function* runEvents(
  service: TemporaryService,
  runId: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const response = await fetch(`${service.url}/v1/runs/${runId}/events`, {
    headers: { 'x-api-key': service.key, accept: 'text/event-stream' },
    signal,
  });
  let rest = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    rest += chunk;
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      const words = event && data ? sentence(event, JSON.parse(data)) : null;
      if (words) yield words;
    }
  }
}
