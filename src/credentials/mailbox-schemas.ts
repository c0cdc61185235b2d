import Type from 'typebox';

const strict = { additionalProperties: false } as const;
/** One line of printable text. */
const Line = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000-\\u001f\\u007f]+$', description });
const Host = Type.String({
  minLength: 1,
  maxLength: 253,
  pattern: '^(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?\\.?|[0-9a-fA-F:.]+)$',
  description: 'Name or address of the IMAP server',
});
const Port = Type.Integer({ minimum: 1, maximum: 65_535 });
const Sender = Line(320, 'An address, or a domain with all below it');
const Optional = <T extends Type.TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]));

const OauthBody = Type.Object(
  {
    token_url: Line(2048, 'The token endpoint, https'),
    client_id: Line(1024, 'The client the refresh token was given to'),
    client_secret: Optional(Line(4096, 'Its secret, sent in the body; left out for a public client')),
    refresh_token: Line(8192, 'A refresh token; one that replaces it is kept from then on'),
    scope: Optional(Line(2048, 'Left out: what was granted')),
  },
  { ...strict, description: 'Instead of a password: what gets an access token (RFC 6749, section 6)' },
);

/** A mailbox as it comes in. What opens it is never read back. */
export const MailboxBody = Type.Object(
  {
    host: Host,
    port: Type.Optional(Port),
    secure: Type.Optional(
      Type.Boolean({ default: true, description: 'TLS from the first byte (port 993); false: STARTTLS (port 143)' }),
    ),
    user: Line(1024, 'The name the mailbox is opened with'),
    password: Optional(Line(4096, 'Its password, or one for this application')),
    access_token: Optional(Line(8192, 'Instead of a password: an OAuth access token (XOAUTH2)')),
    oauth: Optional(OauthBody),
    folder: Type.Optional(Line(1024, 'INBOX when left out')),
    senders: Type.Optional(
      Type.Array(Sender, { maxItems: 50, description: 'Whose mails are read; left out, the mails of everybody' }),
    ),
    ca: Optional(
      Type.String({
        maxLength: 65_536,
        pattern: '^\\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\\s-]+$',
        description: 'PEM of the certificate authority of a server of your own, besides the public ones',
      }),
    ),
  },
  { ...strict, description: 'Where mailed codes are read (IMAP); mails are only read, never marked, moved or deleted' },
);

/** A mailbox as it is read back. */
export const MailboxView = Type.Object(
  {
    host: Type.String(),
    port: Type.Integer(),
    secure: Type.Boolean(),
    user: Type.String(),
    oauth: Type.Union([
      Type.Object(
        {
          token_origin: Type.String({ description: 'The origin of the token endpoint' }),
          client_id: Type.String(),
        },
        strict,
      ),
      Type.Null(),
    ]),
    folder: Type.String(),
    senders: Type.Array(Type.String()),
  },
  strict,
);
