import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import type { GuardedAnswer, GuardedClient } from '../egress/guarded-client.ts';
import { KeyturnError } from '../errors.ts';
import { askPatiently, json, type PlainRequest, refusal } from './vault-call.ts';

export const AZURE_TITLE = 'Azure Key Vault';

const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'DELETE'] satisfies PlainRequest['method'][];

/**
 * The transport of Azure's SDK for one piece of work: every request goes through the guarded client, is bounded by the
 * signal and is patient as with every vault. The SDK wraps what is thrown in errors of its own, which hold the request
 * and with it the secret; what went wrong is kept here instead.
 */
export class AzureHttp implements HttpClient {
  readonly #client: GuardedClient;
  readonly #vaultUrl: string;
  readonly #secrets: readonly string[];
  readonly #signal: AbortSignal;
  readonly #headersOf: (headers: Record<string, string>) => PipelineResponse['headers'];
  #failure: KeyturnError | null = null;

  constructor(
    client: GuardedClient,
    headersOf: (headers: Record<string, string>) => PipelineResponse['headers'],
    call: { vaultUrl: string; secrets: readonly string[]; signal: AbortSignal },
  ) {
    this.#client = client;
    this.#headersOf = headersOf;
    this.#vaultUrl = call.vaultUrl;
    this.#secrets = call.secrets;
    this.#signal = call.signal;
  }

  /** What the last request came to; null: it went well. */
  get failure(): KeyturnError | null {
    return this.#failure;
  }

  async sendRequest(request: PipelineRequest): Promise<PipelineResponse> {
    try {
      const answer = await askPatiently(this.#client, AZURE_TITLE, this.#plain(request));
      const good = answer.status >= 200 && answer.status < 300;
      // The SDK takes a text for a value.
      if (good) json(AZURE_TITLE, answer);
      this.#failure = good ? null : this.#meaning(request.url, answer);
      const headers = Object.entries(answer.headers).map(([name, value = '']) => [name, [value].flat().join(', ')]);
      return {
        request,
        status: answer.status,
        headers: this.#headersOf(Object.fromEntries(headers)),
        bodyAsText: answer.text,
      };
    } catch (error) {
      if (error instanceof KeyturnError) this.#failure = error;
      throw error;
    }
  }

  /** 404 is a missing item only where the vault itself says it: everybody else is asked for the token. */
  #meaning(url: string, answer: GuardedAnswer): KeyturnError {
    const refused = refusal(AZURE_TITLE, answer, this.#secrets);
    const ofVault = new URL(url).origin === new URL(this.#vaultUrl).origin;
    if (ofVault || answer.status < 400 || answer.status > 499) return refused;
    const detail = answer.status === 404 ? 'The authority that gives tokens answered 404.' : refused.message;
    return new KeyturnError('vault_refused', { detail });
  }

  #plain({ url, method, headers, body }: PipelineRequest): PlainRequest {
    if (!METHODS.includes(method) || (body !== undefined && body !== null && typeof body !== 'string')) {
      throw new KeyturnError('vault_failed', { detail: `${AZURE_TITLE} cannot be asked by ${method} here.` });
    }
    // The guarded client decompresses nothing, and the length is the HTTP client's.
    const { 'accept-encoding': _encoding, 'content-length': _length, ...sent } = headers.toJSON();
    return {
      method: method as PlainRequest['method'],
      url,
      headers: sent,
      ...(typeof body === 'string' && { text: body }),
      signal: this.#signal,
    };
  }
}
