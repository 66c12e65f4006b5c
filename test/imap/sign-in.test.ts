import { testTranscripts } from '../support/imap/transcripts.ts'

testTranscripts({
  'a stranger may ask who we are, and no more': `<ready>
C: a CAPABILITY
S: * CAPABILITY <capabilities of strangers>
S: a OK those are the capabilities
C: b NOOP
S: b OK nothing done
C: c ID ("name" "someone")
S: * ID ("name" "Postern")
S: c OK that is who we are
C: d SELECT INBOX
S: d BAD this command is not valid in this state
C: e APPEND INBOX {5+}
C: hello
S: e BAD this command is not valid in this state
C: f STARTTLS
S: f NO [UNAVAILABLE] there is no certificate yet
C: g FOO
S: g BAD unknown command
C: h
S: * BAD there is no tag
<bye>`,
  'a sign-in is refused, and another one may follow': `<ready>
C: a LOGIN ada wrong
S: a NO [AUTHENTICATIONFAILED] wrong user name or local password
C: b LOGIN early x
S: b NO [UNAVAILABLE] starting up, try again in a moment
C: c LOGIN ada {13+}
C: correct horse
S: c OK [CAPABILITY <capabilities>] signed in
C: d LOGIN ada "correct horse"
S: d BAD this command is not valid in this state
<bye>`,
  'AUTHENTICATE PLAIN asks for the response': `<ready>
C: a AUTHENTICATE PLAIN
S: + 
C: AGFkYQBjb3JyZWN0IGhvcnNl
S: a OK [CAPABILITY <capabilities>] signed in
<bye>`,
  'AUTHENTICATE PLAIN takes an initial response': `<ready>
C: a AUTHENTICATE PLAIN AGFkYQBjb3JyZWN0IGhvcnNl
S: a OK [CAPABILITY <capabilities>] signed in
<bye>`,
  'a space after the mechanism is not yet a response': `<ready>
C: a AUTHENTICATE PLAIN 
S: + 
C: AGFkYQBjb3JyZWN0IGhvcnNl
S: a OK [CAPABILITY <capabilities>] signed in
<bye>`,
  'AUTHENTICATE LOGIN asks twice': `<ready>
C: a AUTHENTICATE LOGIN
S: + VXNlcm5hbWU6
C: YWRh
S: + UGFzc3dvcmQ6
C: Y29ycmVjdCBob3JzZQ==
S: a OK [CAPABILITY <capabilities>] signed in
<bye>`,
  'an authentication that comes to nothing leaves the session as it was': `<ready>
C: a AUTHENTICATE PLAIN
S: + 
C: *
S: a BAD the authentication is cancelled
C: b AUTHENTICATE PLAIN !
S: b BAD an initial response is malformed
C: c AUTHENTICATE PLAIN
S: + 
C: !!!
S: c BAD the base64 is malformed
C: d AUTHENTICATE SCRAM-SHA-1
S: d NO this mechanism is not offered
C: e AUTHENTICATE PLAIN AAA=
S: e BAD the response is malformed
C: f AUTHENTICATE PLAIN AGFkYQB3cm9uZw==
S: f NO [AUTHENTICATIONFAILED] wrong user name or local password
C: g LOGIN ada "correct horse"
S: g OK [CAPABILITY <capabilities>] signed in
<bye>`,
  'a client that has signed in hears of more, and can switch on more': `<signed in>
C: a CAPABILITY
S: * CAPABILITY <capabilities>
S: a OK those are the capabilities
C: b ENABLE CONDSTORE NONSENSE
S: * ENABLED CONDSTORE
S: b OK enabled
C: c ENABLE NONSENSE
S: * ENABLED
S: c OK enabled
C: d ENABLE QRESYNC UTF8=ACCEPT IMAP4rev2
S: * ENABLED QRESYNC UTF8=ACCEPT IMAP4rev2
S: d OK enabled
C: e STARTTLS
S: e BAD this command is not valid in this state
C: f ID NIL
S: * ID ("name" "Postern")
S: f OK that is who we are
<bye>`,
})
