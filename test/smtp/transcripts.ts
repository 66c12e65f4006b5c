import { ADA } from '../support/smtp-backend.ts'

const READY = 'S: 220 localhost ESMTP Postern'
const EHLO = `C: EHLO DESKTOP3507CDS
S: 250-localhost
S: 250-PIPELINING
S: 250-SIZE 1000
S: 250-8BITMIME
S: 250-SMTPUTF8
S: 250-DSN
S: 250-ENHANCEDSTATUSCODES
S: 250-AUTH PLAIN LOGIN CRAM-MD5
S: 250 AUTH=PLAIN LOGIN CRAM-MD5`
const GREETED = `${READY}\n${EHLO}`
const SIGNED_IN = `${GREETED}
C: AUTH PLAIN ${ADA}
S: 235 2.7.0 signed in`
const SENDER = 'C: MAIL FROM:<ada@example.org>\nS: 250 2.1.0 sender ok'
const RECIPIENT = 'C: RCPT TO:<bob@example.org>\nS: 250 2.1.5 recipient ok'
const BYE = 'C: QUIT\nS: 221 2.0.0 bye\nS: <closed>'
const base64 = (text: string) => Buffer.from(text).toString('base64')

/** SMTP sessions by what they show: every command in every state. */
export const TRANSCRIPTS: Readonly<Record<string, string>> = {
  'a signed-in client sends a message': `${SIGNED_IN}
${SENDER}
${RECIPIENT}
C: RCPT TO:<nobody@example.org>
S: 550-5.1.1 no such
S: 550 5.1.1 recipient
C: DATA
S: 354 end with a dot on a line by itself
C: Subject: x
C: 
C: ..dot
C: .
S: 250 2.0.0 taken
${SENDER}
${RECIPIENT}
C: RSET
S: 250 2.0.0 ok
${BYE}`,
  'nothing is relayed before sign-in': `${READY}
C: MAIL FROM:<ada@example.org>
S: 503 5.5.1 bad sequence of commands
C: RCPT TO:<bob@example.org>
S: 503 5.5.1 bad sequence of commands
C: DATA
S: 503 5.5.1 bad sequence of commands
C: AUTH PLAIN ${ADA}
S: 503 5.5.1 bad sequence of commands
${EHLO}
C: MAIL FROM:<ada@example.org>
S: 530 5.7.0 authentication required
C: RCPT TO:<bob@example.org>
S: 530 5.7.0 authentication required
C: DATA
S: 530 5.7.0 authentication required
C: AUTH PLAIN ${base64('\0ada\0wrong')}
S: 535 5.7.8 wrong user name or local password
C: MAIL FROM:<ada@example.org>
S: 530 5.7.0 authentication required
${BYE}`,
  'the small commands work in every state': `${READY}
C: NOOP
S: 250 2.0.0 ok
C: RSET
S: 250 2.0.0 ok
C: VRFY ada
S: 252 2.1.5 cannot verify, will try
C: EXPN list
S: 502 5.5.1 not implemented
C: HELP
S: 214 2.0.0 see RFC 5321
C: FROB
S: 500 5.5.1 unknown command
C: EHLO
S: 501 5.5.4 syntax error
C: HELO any name
S: 250 localhost
C: NOOP x
S: 250 2.0.0 ok
${BYE}`,
  'any number of commands before sign-in is fine': `${READY}
${'C: NOOP\nS: 250 2.0.0 ok\n'.repeat(30)}${BYE}`,
  'LOGIN and PLAIN ask when there is no initial response': `${GREETED}
C: AUTH LOGIN
S: 334 ${base64('Username:')}
C: ${base64('ada')}
S: 334 ${base64('Password:')}
C: ${base64('wrong')}
S: 535 5.7.8 wrong user name or local password
C: AUTH PLAIN
S: 334 
C: *
S: 501 5.7.0 authentication cancelled
C: AUTH PLAIN
S: 334 
C: ${ADA}
S: 235 2.7.0 signed in
C: AUTH PLAIN ${ADA}
S: 503 5.5.1 bad sequence of commands
${BYE}`,
  'NTLM and broken base64 are refused, and the session goes on': `${GREETED}
C: AUTH NTLM
S: 504 5.5.4 mechanism not supported
C: AUTH PLAIN !!!
S: 501 5.5.2 invalid base64
C: AUTH PLAIN =
S: 501 5.5.2 invalid base64
${BYE}`,
  'commands out of order are refused': `${SIGNED_IN}
C: RCPT TO:<bob@example.org>
S: 503 5.5.1 bad sequence of commands
C: DATA
S: 503 5.5.1 bad sequence of commands
${SENDER}
C: MAIL FROM:<ada@example.org>
S: 503 5.5.1 bad sequence of commands
C: DATA
S: 554 5.5.1 no valid recipients
C: RCPT TO:<none@example.org>
S: 550-5.1.1 no such
S: 550 5.1.1 recipient
C: DATA
S: 554 5.5.1 no valid recipients
${BYE}`,
  'a refused sender begins no transaction': `${SIGNED_IN}
C: MAIL FROM:<bad@example.org>
S: 550 5.1.0 sender refused
${SENDER}
${RECIPIENT}
${BYE}`,
  'parameters are known or refused': `${SIGNED_IN}
C: MAIL FROM:<ada@example.org> SIZE=999 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=abc AUTH=<>
S: 250 2.1.0 sender ok
C: RCPT TO:<bob@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;bob@example.org
S: 250 2.1.5 recipient ok
C: RCPT TO:<bob@example.org> FROB=1
S: 555 5.5.4 parameter not known
C: RSET
S: 250 2.0.0 ok
C: MAIL FROM:<ada@example.org> FROB
S: 555 5.5.4 parameter not known
C: MAIL FROM:<ada@example.org> SIZE=1001
S: 552 5.3.4 message too large
C: MAIL FROM:<ada@example.org> BODY=BINARYMIME
S: 555 5.5.4 parameter not known
${BYE}`,
  'addresses may be quoted, international, null; malformed ones are refused': `${SIGNED_IN}
C: MAIL FROM:<>
S: 250 2.1.0 sender ok
C: RCPT TO:<"ada lovelace"@example.org>
S: 250 2.1.5 recipient ok
C: RCPT TO:<bob@[192.0.2.1]>
S: 250 2.1.5 recipient ok
C: RCPT TO:<用户@例子.测试>
S: 250 2.1.5 recipient ok
C: RCPT TO: <postmaster>
S: 250 2.1.5 recipient ok
C: RCPT TO:<>
S: 553 5.1.3 malformed address or parameter
C: RCPT TO:bob@example.org
S: 553 5.1.3 malformed address or parameter
C: RCPT TO:<bob@exam ple.org>
S: 553 5.1.3 malformed address or parameter
C: RCPT TO:<bob>
S: 553 5.1.3 malformed address or parameter
${BYE}`,
  'STARTTLS without a certificate is a temporary failure': `${GREETED}
C: STARTTLS
S: 454 4.7.0 no certificate yet
${BYE}`,
  'NUL octets are refused': `${SIGNED_IN}
C: NO\\0OP
S: 501 5.5.4 syntax error
${BYE}`,
  'a browser that speaks HTTP gets no second line': `${READY}
C: POST / HTTP/1.1
S: 421 4.7.0 this is SMTP
S: <closed>`,
  'a message larger than the limit is refused at its end, and the session goes on': `${SIGNED_IN}
${SENDER}
${RECIPIENT}
C: DATA
S: 354 end with a dot on a line by itself
C: ${'x'.repeat(998)}
C: ${'y'.repeat(998)}
C: .
S: 552 5.3.4 message too large
${SENDER}
${BYE}`,
}
