const MAX_TOLD_CHARS = 200
const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** The first line of what a server says, for a person: short, printable, and without the passwords that it was sent. */
export function serverWords(text: string, secrets: readonly string[]): string {
  const line = withoutSecrets(text, secrets).trim().split('\n', 1)[0] ?? ''
  return line
    .replace(/[\x00-\x1f\x7f-\x9f\s]+/g, ' ')
    .trim()
    .slice(0, MAX_TOLD_CHARS)
}

// A page that is being built may show what it was sent. The longer one first: it may have the other one in it.
function withoutSecrets(text: string, secrets: readonly string[]): string {
  const longestFirst = secrets.flatMap(writtenForms).toSorted((one, other) => other.length - one.length)
  return longestFirst.reduce((rest, secret) => rest.replaceAll(secret, '…'), text)
}

function writtenForms(secret: string): readonly string[] {
  const inForm = new URLSearchParams({ '': secret }).toString().slice(1)
  const inJson = JSON.stringify(secret).slice(1, -1)
  const inHtml = secret.replace(/[&<>"']/g, char => HTML[char] ?? char)
  return [secret, encodeURIComponent(secret), inForm, inJson, inHtml]
}
