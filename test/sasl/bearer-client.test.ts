import t from 'tap'
import { oauthBearerClient, xoauth2Client } from '../../src/sasl/bearer-client.ts'

const TOKEN = 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=='
const TARGET = { host: 'server.example.com', port: 143 }

// RFC 7628 section 4.1.
t.test('OAUTHBEARER says what the example of RFC 7628 says', async t => {
  const { name, initialResponse } = oauthBearerClient('user@example.com', TOKEN, TARGET)
  t.equal(name, 'OAUTHBEARER')
  t.equal(
    initialResponse?.toString('base64'),
    'bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB',
  )
})

// RFC 7628 section 4.3.
t.test('a refused token is answered with one octet, and its reason kept', async t => {
  const mechanism = oauthBearerClient('user@example.com', TOKEN, TARGET)
  const challenge =
    'eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIiwib3BlbmlkLWNvbmZpZ3VyYXRpb24iOiJodHRwczovL2V4YW1wbGUuY29tLy53ZWxsLWtub3duL29wZW5pZC1jb25maWd1cmF0aW9uIn0='
  const response = await mechanism.respond(Buffer.from(challenge, 'base64'))
  t.equal(response.toString('base64'), 'AQ==')
  t.equal(mechanism.refusal, 'invalid_token (scope example_scope)')
  t.throws(() => mechanism.assertDone(), { name: 'SaslError', kind: 'malformed' }, 'a success after that is none')
  t.throws(
    () => mechanism.respond(Buffer.alloc(0)),
    { name: 'SaslError', kind: 'malformed' },
    'no endless conversation',
  )
})

t.test('XOAUTH2 says user and token, and answers a refusal with nothing', async t => {
  const mechanism = xoauth2Client('someuser@example.com', 'ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg')
  // The example of Google's description of the mechanism.
  t.equal(
    mechanism.initialResponse?.toString('base64'),
    'dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==',
  )
  t.same(await mechanism.respond(Buffer.from('{"status":"401","schemes":"bearer"}')), Buffer.alloc(0))
  t.equal(mechanism.refusal, '401')
})

t.test('a refusal that is no JSON, or hostile, is told in one short line', async t => {
  for (const [challenge, says] of [
    ['no JSON', 'no JSON'],
    ['{"status":"a\\r\\nb\\u001b[2J"}', 'a b [2J'],
    ['null', ''],
    ['[1]', ''],
    [`{"status":"${'x'.repeat(5000)}"}`, 'x'.repeat(200)],
  ] as const) {
    const mechanism = xoauth2Client('ada', TOKEN)
    await mechanism.respond(Buffer.from(challenge))
    t.equal(mechanism.refusal, says)
  }
})

t.test('nothing in a name or a token adds a field', async t => {
  for (const token of ['a\x01auth=Bearer b', 'a b', 'a\r\nb', '', 'tökén'])
    t.throws(() => xoauth2Client('ada', token), { name: 'SaslError', kind: 'malformed' }, JSON.stringify(token))
  t.throws(() => xoauth2Client('ada\x01auth=Bearer x', TOKEN), { name: 'SaslError', kind: 'malformed' })
  t.throws(() => oauthBearerClient('ada\x01host=evil', TOKEN, TARGET), { name: 'SaslError', kind: 'malformed' })
  t.match(oauthBearerClient('a=b,c', TOKEN, TARGET).initialResponse?.toString(), 'n,a=a=3Db=2Cc,\x01host=')
})
