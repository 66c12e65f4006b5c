import t from 'tap'
import { makeAutodiscoverFile } from '../../src/outlook/setup/autodiscover-file.ts'
import { makeRegistryFile, makeRegistryUndoFile } from '../../src/outlook/setup/registry-file.ts'

const ACCOUNT = {
  email: 'ada@example.org',
  user: 'ada@example.org',
  displayName: 'Ada & <Bob> "Č"',
  pop3: { host: '127.0.0.1', port: 5110 },
  smtp: { host: '127.0.0.1', port: 5587 },
}
const REFUSED = { code: 'OUTLOOK_NOT_EXPRESSIBLE', remedy: 'user' }
const crlf = (text: string) => text.replaceAll('\n', '\r\n')

t.test('the Autodiscover file answers with the local POP3 and SMTP fronts', async t => {
  const golden = `<?xml version="1.0" encoding="utf-8"?>
<!-- Unverified: made from documents, not yet tried with a real Outlook. -->
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">
  <Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a">
    <User>
      <DisplayName>Ada &amp; &lt;Bob&gt; &quot;Č&quot;</DisplayName>
    </User>
    <Account>
      <AccountType>email</AccountType>
      <Action>settings</Action>
      <Protocol>
        <Type>POP3</Type>
        <Server>127.0.0.1</Server>
        <Port>5110</Port>
        <LoginName>ada@example.org</LoginName>
        <DomainRequired>off</DomainRequired>
        <SPA>off</SPA>
        <SSL>off</SSL>
        <AuthRequired>on</AuthRequired>
      </Protocol>
      <Protocol>
        <Type>SMTP</Type>
        <Server>127.0.0.1</Server>
        <Port>5587</Port>
        <LoginName>ada@example.org</LoginName>
        <DomainRequired>off</DomainRequired>
        <SPA>off</SPA>
        <SSL>off</SSL>
        <AuthRequired>on</AuthRequired>
        <UsePOPAuth>on</UsePOPAuth>
        <SMTPLast>off</SMTPLast>
      </Protocol>
    </Account>
  </Response>
</Autodiscover>
`
  t.equal(makeAutodiscoverFile(ACCOUNT).toString('utf8'), crlf(golden))
})

t.test('XML has no way to write a control character, and half a character is replaced', async t => {
  t.throws(() => makeAutodiscoverFile({ ...ACCOUNT, displayName: 'a\0b' }), REFUSED)
  t.throws(() => makeAutodiscoverFile({ ...ACCOUNT, user: 'a\nb' }), REFUSED)
  t.throws(() => makeAutodiscoverFile({ ...ACCOUNT, displayName: 'a\uffff' }), REFUSED, 'no character of XML')
  t.match(makeAutodiscoverFile({ ...ACCOUNT, displayName: 'a\ud800b' }).toString('utf8'), 'a\ufffdb')
})

t.test('the .reg file points Outlook to it, as regedit writes: UTF-16LE, a byte order mark, CRLF', async t => {
  const octets = makeRegistryFile({ domain: 'example.org', file: 'C:\\Postern\\work.xml' })
  const golden = `\ufeffWindows Registry Editor Version 5.00

; Unverified: made from documents, not yet tried with a real Outlook.

[HKEY_CURRENT_USER\\Software\\Microsoft\\Office\\15.0\\Outlook\\AutoDiscover]
"example.org"="C:\\\\Postern\\\\work.xml"
"PreferLocalXML"=dword:00000001

[HKEY_CURRENT_USER\\Software\\Microsoft\\Office\\16.0\\Outlook\\AutoDiscover]
"example.org"="C:\\\\Postern\\\\work.xml"
"PreferLocalXML"=dword:00000001

`
  t.same(octets.subarray(0, 2), Buffer.of(0xff, 0xfe))
  t.equal(octets.toString('utf16le'), crlf(golden))
})

t.test('another .reg file takes back the same values of the same keys', async t => {
  const lines = (octets: Buffer) => octets.toString('utf16le').split('\r\n')
  const names = (octets: Buffer) => lines(octets).map(line => line.replace(/=.*/, ''))
  const undo = makeRegistryUndoFile({ domain: 'example.org' })
  t.same(names(undo), names(makeRegistryFile({ domain: 'example.org', file: 'C:\\Postern\\work.xml' })))
  t.same(
    lines(undo).filter(line => line.includes('=') && !line.startsWith(';')),
    ['"example.org"=-', '"PreferLocalXML"=-', '"example.org"=-', '"PreferLocalXML"=-'],
  )
})

t.test('a name cannot leave its value, and a file needs a path of Windows', async t => {
  const text = makeRegistryFile({ domain: 'a"\\b', file: 'C:\\x' }).toString('utf16le')
  t.match(text, '"a\\"\\\\b"="C:\\\\x"\r\n')
  t.throws(() => makeRegistryFile({ domain: 'a\r\n[HKEY_LOCAL_MACHINE]', file: 'C:\\x' }), REFUSED)
  for (const file of ['work.xml', '/tmp/work.xml', '\\work.xml', 'C:work.xml', 'C:\\a"b']) {
    t.throws(() => makeRegistryFile({ domain: 'example.org', file }), { ...REFUSED, advice: /--windows-folder/ }, file)
  }
})
