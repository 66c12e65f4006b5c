const LINE_CHARS = 72

/** Breaks the lines of a text; quotes stay as they are. */
export function wrapped(text: string): string {
  return finished(text.split('\n').flatMap(line => broken(line)))
}

/** The same for `format=flowed` (RFC 3676): a space at its end says that a line goes on. */
export function flowed(text: string): string {
  const lines = text.split('\n').flatMap(line => {
    const pieces = broken(line)
    return pieces.map((piece, index) => stuffed(piece) + (index < pieces.length - 1 ? ' ' : ''))
  })
  return finished(lines)
}

/** Makes a page of a letter and the letter that it answers. */
export function htmlPage(letter: string, [attribution, quote]: readonly string[] = []): string {
  const answered =
    attribution === undefined || quote === undefined
      ? ''
      : `<p>${escapeHtml(attribution)}</p>\n<blockquote type="cite">\n${paragraphs(quote)}</blockquote>\n`
  return `<!DOCTYPE html>
<html><head><meta charset="utf-8"></head>
<body style="font-family: sans-serif">
${paragraphs(letter)}${answered}</body></html>
`
}

/** Makes a text harmless inside of a page. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function paragraphs(text: string): string {
  return text
    .split('\n\n')
    .map(paragraph => `<p>${escapeHtml(paragraph).replaceAll('\n', '<br>\n')}</p>\n`)
    .join('')
}

function finished(lines: readonly string[]): string {
  return `${lines.join('\n').trimEnd()}\n`
}

function stuffed(line: string): string {
  return /^(?: |From )/.test(line) ? ` ${line}` : line
}

function broken(line: string): string[] {
  if (line.length <= LINE_CHARS || line.startsWith('>')) return [line]
  const lines: string[] = []
  let current = ''
  for (const word of line.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > LINE_CHARS) {
      lines.push(current)
      current = ''
    }
    current = current === '' ? word : `${current} ${word}`
  }
  return [...lines, current]
}
