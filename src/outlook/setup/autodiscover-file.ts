import { type FrontAddress, type OutlookAccount, UNVERIFIED } from './account.ts'
import { assertOneLine, notExpressible } from './not-expressible.ts'

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/**
 * Makes an Autodiscover answer for one account, as it would come from a server (POX, response schema 2006a): UTF-8.
 *
 * @throws {PosternError} OUTLOOK_NOT_EXPRESSIBLE
 */
export function makeAutodiscoverFile(account: OutlookAccount): Buffer {
  const { displayName, user, pop3, smtp } = account
  const text = `<?xml version="1.0" encoding="utf-8"?>
<!-- ${UNVERIFIED} -->
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">
  <Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a">
    <User>
      <DisplayName>${xmlText('The name', displayName)}</DisplayName>
    </User>
    <Account>
      <AccountType>email</AccountType>
      <Action>settings</Action>
${protocol('POP3', pop3, user, [])}
${protocol('SMTP', smtp, user, ['<UsePOPAuth>on</UsePOPAuth>', '<SMTPLast>off</SMTPLast>'])}
    </Account>
  </Response>
</Autodiscover>
`
  return Buffer.from(text.replaceAll('\n', '\r\n'))
}

// Where SPA and SSL are left out they count as on; without a LoginName Outlook takes what stands before the @.
function protocol(type: string, { host, port }: FrontAddress, user: string, more: readonly string[]): string {
  const elements = [
    `<Type>${type}</Type>`,
    `<Server>${xmlText('The server', host)}</Server>`,
    `<Port>${port}</Port>`,
    `<LoginName>${xmlText('The user name', user)}</LoginName>`,
    '<DomainRequired>off</DomainRequired>',
    '<SPA>off</SPA>',
    '<SSL>off</SSL>',
    '<AuthRequired>on</AuthRequired>',
    ...more,
  ]
  return ['      <Protocol>', ...elements.map(element => `        ${element}`), '      </Protocol>'].join('\n')
}

function xmlText(what: string, text: string): string {
  assertOneLine(what, text)
  if (/[\ufffe\uffff]/.test(text)) {
    throw notExpressible(`${what} has a character in it that XML does not have.`, 'Take it out: it is no letter.')
  }
  return text.toWellFormed().replace(/[&<>"]/g, character => ENTITIES[character] ?? character)
}
