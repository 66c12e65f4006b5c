import t from 'tap'
import { makeProfileFile } from '../../src/outlook/setup/profile-file.ts'

const ACCOUNT = {
  email: 'ada@example.org',
  user: 'ada@example.org',
  displayName: 'Adéla Dvořáková',
  pop3: { host: '127.0.0.1', port: 5110 },
  smtp: { host: '127.0.0.1', port: 5587 },
}
const OPTIONS = { outlookProfile: 'Postern work', codePage: 1250 } as const
const REFUSED = { code: 'OUTLOOK_NOT_EXPRESSIBLE', remedy: 'user' }

const golden = `; Unverified: made from documents, not yet tried with a real Outlook.
; No password stands here, nor can one: Outlook asks for it.

[General]
Custom=1
ProfileName=Postern work
DefaultProfile=Yes
OverwriteProfile=No
ModifyDefaultProfileIfPresent=FALSE
BackupProfile=No

[Service List]
Service1=Outlook Address Book

[Internet Account List]
Account1=I_Mail

[Service1]

[Account1]
UniqueService=No
AccountName=ada@example.org
DisplayName=Adéla Dvořáková
EmailAddress=ada@example.org
POP3Server=127.0.0.1
POP3Port=5110
POP3UserName=ada@example.org
POP3UseSPA=0
POP3UseSSL=0
SMTPServer=127.0.0.1
SMTPPort=5587
SMTPUseAuth=1
SMTPAuthMethod=0
SMTPUseSSL=0
ConnectionType=0
ServerTimeOut=60
DefaultAccount=TRUE

[Outlook Address Book]
ServiceName=CONTAB

[Unicode Personal Folders]
ServiceName=MSUPST MS
Name=PT_UNICODE,0x3001
PathToPersonalFolders=PT_STRING8,0x6700
EncryptionType=PT_LONG,0x6702

[I_Mail]
AccountType=POP3
AccountName=PT_UNICODE,0x0002
DisplayName=PT_UNICODE,0x000B
EmailAddress=PT_UNICODE,0x000C
ConnectionType=PT_LONG,0x000F
POP3Server=PT_UNICODE,0x0100
POP3UserName=PT_UNICODE,0x0101
POP3Port=PT_LONG,0x0104
POP3UseSSL=PT_LONG,0x0105
POP3UseSPA=PT_LONG,0x0108
SMTPServer=PT_UNICODE,0x0200
SMTPPort=PT_LONG,0x0201
SMTPUseSSL=PT_LONG,0x0202
SMTPUseAuth=PT_LONG,0x0203
SMTPAuthMethod=PT_LONG,0x0208
ServerTimeOut=PT_LONG,0x0209
`

t.test('a .prf makes one POP3 account, in the code page of the machine and with CRLF', async t => {
  const octets = makeProfileFile(ACCOUNT, OPTIONS)
  t.equal(new TextDecoder('windows-1250').decode(octets), golden.replaceAll('\n', '\r\n'))
  t.equal(octets[0], ';'.charCodeAt(0), 'no byte order mark comes before the first section')
})

t.test('each value of the account has a property that Outlook stores it as', async t => {
  const sections = new Map(
    golden.split('\n[').map(text => {
      const [name = '', ...lines] = text.split('\n')
      return [name.replace(']', ''), lines.filter(line => line !== '').map(line => line.split('=')[0])]
    }),
  )
  const properties = sections.get('I_Mail') ?? []
  // These two are for whoever reads the file, not for the account.
  const values = (sections.get('Account1') ?? []).filter(key => key !== 'UniqueService' && key !== 'DefaultAccount')
  for (const key of values) t.ok(properties.includes(key), `${key} is stored`)
})

t.test('a data file is named, as the default one, when it is asked for', async t => {
  const text = makeProfileFile(ACCOUNT, { ...OPTIONS, dataFile: 'C:\\Mail\\ada.pst' }).toString('latin1')
  t.match(text, 'DefaultStore=Service2\r\n')
  t.match(text, 'Service2=Unicode Personal Folders\r\n')
  t.match(text, '[Service2]\r\nUniqueService=No\r\nName=ada@example.org\r\nPathToPersonalFolders=C:\\Mail\\ada.pst\r\n')
  for (const dataFile of ['%USERPROFILE%\\Documents\\a.pst', '\\\\server\\share\\a.pst']) {
    t.match(makeProfileFile(ACCOUNT, { ...OPTIONS, dataFile }).toString('latin1'), dataFile)
  }
  for (const dataFile of ['ada.pst', '/home/ada/ada.pst', 'C:\\Mail\\ada.doc', 'C:\\Mail\\ada.pst\r\n[General]', '']) {
    t.throws(() => makeProfileFile(ACCOUNT, { ...OPTIONS, dataFile }), REFUSED, JSON.stringify(dataFile))
  }
})

t.test('what the file has no way to say is refused', async t => {
  for (const displayName of ['Ada\r\nPOP3Server=evil', 'Ada\0', '"Ada"', "'Ada'", ' Ada', 'Ada ', '阿达', 'Ada\x85']) {
    t.throws(() => makeProfileFile({ ...ACCOUNT, displayName }, OPTIONS), REFUSED, JSON.stringify(displayName))
  }
  t.throws(() => makeProfileFile(ACCOUNT, { ...OPTIONS, codePage: 1252 }), {
    message: /"ř".*1252/,
    advice: /--code-page/,
  })
  t.throws(() => makeProfileFile(ACCOUNT, { ...OPTIONS, outlookProfile: 'x\n[Service9]' }), REFUSED)
})
