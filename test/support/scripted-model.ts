import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The endpoint the planner's tests run against instead of a script; null: the script. */
    model: { baseUrl: string; apiKey: string; name: string } | null;
  }
}

/** A question as it arrived. */
export interface SeenQuestion {
  controls: { number: number; kind: string; type: string; words: string }[];
  lines: { number: number; text: string; new: boolean }[];
  /** The number of the first control whose words begin with a text; -1 when there is none. */
  control(words: string): number;
  line(words: string): number;
}

export type Answer = Record<string, unknown>;

/** What the endpoint does with a question: an answer of the model, or one of the ways to fail. */
export type Reply =
  | Answer
  | { fails: { text: string } | { finish: string; text: string } | { refusal: string } | { status: number } }
  | { fails: 'hang' | 'trickle' | 'flood' | 'packed flood' | 'redirect' | 'hang up' | 'no choices' };

export interface ScriptedModel {
  /** For the environment of a service. */
  readonly env: Record<string, string>;
  readonly apiKey: string;
  /** Every request: its address, headers and body as they came. */
  readonly received: { url: string; headers: string; body: string }[];
  /** Bytes of floods that could be written before the other side hung up. */
  flooded: number;
  script: (question: SeenQuestion) => Reply;
  close(): Promise<void>;
}

/** What an action leaves out is null. */
const EMPTY = {
  control: null,
  username: null,
  password: null,
  code: null,
  submit: null,
  outcome: null,
  line: null,
};

/** Whether the tests run against a real endpoint: then what is scripted as a good answer is only a suggestion. */
export function realModel(): boolean {
  return inject('model') !== null;
}

/** An endpoint that speaks the chat completions protocol and does what a script says. */
export async function startScriptedModel(): Promise<ScriptedModel> {
  const real = inject('model');
  const apiKey = 'sk-scripted-7f3a9c51d2e84b60';
  const server = createServer((request, response) => {
    // An endpoint that cannot be reached is a failure like any other.
    serve(request, response).catch(() => response.writeHead(502).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += chunk;
    model.received.push({ url: request.url ?? '', headers: JSON.stringify(request.rawHeaders), body });
    if (real) {
      const answer = await fetch(`${real.baseUrl}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${real.apiKey}` },
        body,
      });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
      return;
    }
    const page = JSON.parse(JSON.parse(body).messages.at(-1).content);
    const place = (list: { number: number }[], text: (row: never) => string, words: string) =>
      list.find((row) => text(row as never).startsWith(words))?.number ?? -1;
    const reply = model.script({
      ...page,
      control: (words) => place(page.controls, (row: { words: string }) => row.words, words),
      line: (words) => place(page.lines, (row: { text: string }) => row.text, words),
    });
    if ('fails' in reply) fail(response, reply.fails as Extract<Reply, { fails: unknown }>['fails']);
    else say(response, JSON.stringify({ ...EMPTY, ...reply }));
  }

  function say(response: ServerResponse, content: string | null, finish = 'stop', refusal: string | null = null): void {
    const choice = { index: 0, finish_reason: finish, message: { role: 'assistant', content, refusal } };
    const completion = { id: 'c', object: 'chat.completion', created: 1, model: 'scripted', choices: [choice] };
    const usage = { prompt_tokens: 400, completion_tokens: 50, total_tokens: 450 };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ...completion, usage }));
  }

  function fail(response: ServerResponse, how: Extract<Reply, { fails: unknown }>['fails']): void {
    if (how === 'hang') return;
    if (how === 'hang up') response.destroy();
    else if (how === 'trickle') {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 200);
      response.on('close', () => clearInterval(timer));
    } else if (how === 'flood') void flood(response);
    else if (how === 'packed flood') {
      const bytes = gzipSync(Buffer.alloc(50_000_000, ' '));
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bytes);
    } else if (how === 'redirect') {
      response.writeHead(307, { location: `http://127.0.0.1:${port}/elsewhere/chat/completions` }).end();
    } else if (how === 'no choices')
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":[]}');
    else if ('status' in how) {
      const error = { message: `No, not with the key ${apiKey}`, type: 'error', code: 'no' };
      const headers = { 'content-type': 'application/json', 'retry-after': '1' };
      response.writeHead(how.status, headers).end(JSON.stringify({ error }));
    } else if ('refusal' in how) say(response, null, 'stop', how.refusal);
    else if ('finish' in how) say(response, how.text, how.finish);
    else say(response, how.text);
  }

  /** Fifty megabytes that look like the beginning of an answer. */
  async function flood(response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"choices":[{"message":{"content":"');
    const piece = Buffer.alloc(64 * 1024, 'a');
    while (model.flooded < 50_000_000 && !response.destroyed) {
      const free = response.write(piece);
      model.flooded += piece.length;
      if (!free) {
        const { promise, resolve } = Promise.withResolvers<void>();
        response.once('drain', resolve).once('close', resolve);
        await promise;
        response.off('drain', resolve).off('close', resolve);
      }
    }
    response.end('"}}]}');
  }

  const model: ScriptedModel = {
    env: {
      KEYTURN_LLM: 'fallback',
      OPENAI_API_KEY: apiKey,
      OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
      KEYTURN_LLM_MODEL: real?.name ?? 'scripted',
    },
    apiKey,
    received: [],
    flooded: 0,
    script: () => ({ action: 'nothing' }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return model;
}
