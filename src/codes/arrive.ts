import { KeyturnError } from '../errors.ts';
import type { OrganizationDb, Storage } from '../storage/db.ts';
import type { Code } from '../storage/rows.ts';
import { type CodeKeys, storeCode } from './code-store.ts';
import { candidatesIn, findCode, type OtpType } from './extract/find-code.ts';
import { matchArrived } from './match-codes.ts';
import type { SenderVerdict } from './sender-verdict.ts';

/** Chooses one of the candidates of a message, or none of them. */
export type CodePicker = (content: string, candidates: readonly Candidate[]) => Promise<Candidate | null>;

type Candidate = ReturnType<typeof candidatesIn>[number];

/** What the inbox needs from the rest of the service. */
export interface InboxServices {
  dataKeys: CodeKeys;
  storage: Storage;
  config: { codeLifespanSeconds: number };
  /** Chooses where no candidate is certain; null: nobody does. */
  codePicker: CodePicker | null;
}

/** A code or a whole message as it came in. */
export interface ArrivedMessage {
  identifier: string;
  content: string;
  /** What to look for; left out, it is detected. */
  type?: OtpType | undefined;
  source?: string | null | undefined;
  /** Of a mail. */
  senderVerdict?: SenderVerdict | undefined;
  /** What the sender calls the message. */
  messageId?: string | undefined;
  taskId?: string | null | undefined;
  workflowId?: string | null | undefined;
  runId?: string | null | undefined;
  expiresAt?: Date | undefined;
}

/**
 * Finds the code in what came in, keeps it, and gives it to the run it is for if one waits already. Throws
 * `code_not_found` when nothing in it is a code for sure.
 */
export async function arrive(
  services: InboxServices,
  db: OrganizationDb,
  message: ArrivedMessage,
): Promise<{ row: Code; code: string }> {
  const content = message.content.trim();
  const found = findCode(content, { type: message.type }) ?? (await pick(services, content, message.type));
  if (!found) throw new KeyturnError('code_not_found');
  const row = await storeCode(services.dataKeys, db, {
    identifier: message.identifier.trim(),
    otpType: found.otp_type,
    code: found.code,
    content,
    source: message.source ?? null,
    senderVerdict: message.senderVerdict,
    messageId: message.messageId,
    taskId: message.taskId ?? null,
    workflowId: message.workflowId ?? null,
    runId: message.runId ?? null,
    expiresAt: message.expiresAt ?? new Date(Date.now() + services.config.codeLifespanSeconds * 1000),
  });
  if (row.state === 'waiting') await matchArrived(db, services.storage.bus, row);
  return { row, code: found.code };
}

/** A whole candidate of the text that the picker chose; null when there is no picker, or nothing to choose. */
async function pick(
  { codePicker }: InboxServices,
  content: string,
  type: OtpType | undefined,
): Promise<Candidate | null> {
  if (!codePicker) return null;
  const candidates = candidatesIn(content).filter(({ otp_type }) => type === undefined || otp_type === type);
  if (candidates.length === 0) return null;
  const chosen = await codePicker(content, candidates);
  return candidates.find(({ code, otp_type }) => code === chosen?.code && otp_type === chosen.otp_type) ?? null;
}
