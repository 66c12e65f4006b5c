/** Sessions by what they show: every command in every state. `S: <closed>` ends each. */
const READY = 'S: +OK Postern ready <1896.697170952@localhost>'
const BYE = 'C: QUIT\nS: +OK bye\nS: <closed>'
const SIGNED_IN = `${READY}
C: USER ada
S: +OK send PASS
C: PASS correct horse
S: +OK maildrop has 0 messages`

const plain = (user: string, password: string) => Buffer.from(`\0${user}\0${password}`).toString('base64')
const base64 = (text: string) => Buffer.from(text).toString('base64')

const REFUSED = 'S: -ERR [AUTH] wrong user name or local password'

export const TRANSCRIPTS: Readonly<Record<string, string>> = {
  'a signed-in client finds an empty maildrop, in STAT, LIST and UIDL alike': `${SIGNED_IN}
C: STAT
S: +OK 0 0
C: LIST
S: +OK 0 messages
S: .
C: UIDL
S: +OK 0 messages
S: .
${BYE}`,
  'no message has a number': `${SIGNED_IN}
C: LIST 1
S: -ERR no such message, the maildrop is empty
C: UIDL 1
S: -ERR no such message, the maildrop is empty
C: RETR 1
S: -ERR no such message, the maildrop is empty
C: TOP 1 0
S: -ERR no such message, the maildrop is empty
C: DELE 1
S: -ERR no such message, the maildrop is empty
${BYE}`,
  'the small commands of a signed-in client are answered': `${SIGNED_IN}
C: NOOP
S: +OK nothing done
C: RSET
S: +OK 0 messages
C: LAST
S: +OK 0
C: LANG
S: +OK languages
S: en English
S: i-default Default language
S: .
C: LANG en
S: +OK en answers are in English
C: LANG tlh
S: -ERR language not supported
${BYE}`,
  'signing in twice is refused, and the session stays signed in': `${SIGNED_IN}
C: USER ada
S: -ERR command not valid in this state
C: PASS correct horse
S: -ERR command not valid in this state
C: APOP ada c4c9334bac560ecc979e58001b3e22fb
S: -ERR command not valid in this state
C: AUTH PLAIN
S: -ERR command not valid in this state
C: STLS
S: -ERR command not valid in this state
C: UTF8
S: -ERR command not valid in this state
C: STAT
S: +OK 0 0
${BYE}`,
  'nothing about the maildrop is told before sign-in': `${READY}
C: STAT
S: -ERR command not valid in this state
C: LIST
S: -ERR command not valid in this state
C: UIDL
S: -ERR command not valid in this state
C: RETR 1
S: -ERR command not valid in this state
C: TOP 1 0
S: -ERR command not valid in this state
C: DELE 1
S: -ERR command not valid in this state
C: RSET
S: -ERR command not valid in this state
C: LAST
S: -ERR command not valid in this state
C: NOOP
S: +OK nothing done
C: UTF8
S: +OK UTF-8
C: LANG en
S: +OK en answers are in English
${BYE}`,
  'capabilities are listed before sign-in': `${READY}
C: CAPA
S: +OK capabilities
S: USER
S: UIDL
S: TOP
S: RESP-CODES
S: AUTH-RESP-CODE
S: PIPELINING
S: SASL PLAIN LOGIN CRAM-MD5
S: UTF8 USER
S: LANG
S: IMPLEMENTATION Postern
S: .
${BYE}`,
  'an unknown command changes nothing': `${READY}
C: XTND XMIT
S: -ERR unknown command
C: constructor
S: -ERR unknown command
C: 
S: -ERR unknown command
C: user ada
S: +OK send PASS
C: FROB
S: -ERR unknown command
C: pass correct horse
S: +OK maildrop has 0 messages
C: FROB
S: -ERR unknown command
C: stat
S: +OK 0 0
${BYE}`,
  'a wrong password, an unknown user and a PASS without USER are refused, and the right one still works': `${READY}
C: PASS correct horse
S: -ERR send USER first
C: USER
S: -ERR USER needs a name
C: USER ada
S: +OK send PASS
C: PASS wrong
${REFUSED}
C: USER eve
S: +OK send PASS
C: PASS correct horse
${REFUSED}
C: PASS correct horse
S: -ERR send USER first
C: USER ada
S: +OK send PASS
C: PASS correct horse
S: +OK maildrop has 0 messages
${BYE}`,
  'while secrets are loading the answer is a temporary failure': `${READY}
C: USER early
S: +OK send PASS
C: PASS correct horse
S: -ERR [SYS/TEMP] starting up, try again in a moment
${BYE}`,
  'AUTH without a mechanism lists them, with a space at its end too': `${READY}
C: AUTH
S: +OK mechanisms
S: PLAIN
S: LOGIN
S: CRAM-MD5
S: .
C: AUTH 
S: +OK mechanisms
S: PLAIN
S: LOGIN
S: CRAM-MD5
S: .
${BYE}`,
  'NTLM and unknown mechanisms are refused, and the session goes on': `${READY}
C: AUTH NTLM
S: -ERR mechanism not supported
C: AUTH GSSAPI abc=
S: -ERR mechanism not supported
C: AUTH PLAIN ${plain('ada', 'correct horse')}
S: +OK maildrop has 0 messages
${BYE}`,
  'PLAIN works without an initial response': `${READY}
C: AUTH PLAIN
S: + 
C: ${plain('ada', 'correct horse')}
S: +OK maildrop has 0 messages
C: STAT
S: +OK 0 0
${BYE}`,
  'PLAIN is refused when it is malformed, cancelled or wrong': `${READY}
C: AUTH PLAIN =
S: -ERR malformed response
C: AUTH PLAIN !!!
S: -ERR invalid base64
C: AUTH PLAIN
S: + 
C: *
S: -ERR authentication cancelled
C: AUTH PLAIN
S: + 
C: STAT
S: -ERR malformed response
C: AUTH PLAIN ${plain('ada', 'wrong')}
${REFUSED}
C: STAT
S: -ERR command not valid in this state
${BYE}`,
  'LOGIN asks for user and password': `${READY}
C: AUTH LOGIN
S: + ${base64('Username:')}
C: ${base64('ada')}
S: + ${base64('Password:')}
C: ${base64('correct horse')}
S: +OK maildrop has 0 messages
${BYE}`,
  'LOGIN takes the user as initial response, as some Microsoft clients send it': `${READY}
C: AUTH LOGIN ${base64('ada')}
S: + ${base64('Password:')}
C: ${base64('wrong')}
${REFUSED}
${BYE}`,
  'CRAM-MD5 knows no initial response': `${READY}
C: AUTH CRAM-MD5 ${base64('ada')}
S: -ERR malformed response
${BYE}`,
  'APOP signs in with the digest of the greeting': `${READY}
C: APOP ada
S: -ERR APOP needs a name and a digest
C: APOP ada 00000000000000000000000000000000
${REFUSED}
C: APOP ada @APOP@
S: +OK maildrop has 0 messages
${BYE}`,
  'STLS without a certificate is a temporary failure': `${READY}
C: STLS
S: -ERR [SYS/TEMP] no certificate yet
${BYE}`,
  'NUL octets are refused, and the session goes on': `${READY}
C: US\\0ER ada
S: -ERR NUL octets are not allowed
C: \\0\\0\\0
S: -ERR NUL octets are not allowed
${BYE}`,
  'a browser that speaks HTTP gets no second line': `${READY}
C: POST / HTTP/1.1
S: -ERR this is POP3
S: <closed>`,
  'a GET is no POP3 either': `${READY}
C: GET / HTTP/1.1
S: -ERR this is POP3
S: <closed>`,
}
