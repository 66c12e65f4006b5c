import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2'

// What stands in a line with the text around it; all other elements separate words.
const INLINE = new Set(
  'a abbr b bdi bdo big cite code del dfn em font i ins kbd mark o:p q s samp small span strike strong sub sup tt u var wbr'.split(
    ' ',
  ),
)
const UNSEEN = new Set(['script', 'style', 'title'])

/** Takes the text out of HTML, as a reader sees it; blanks and line ends are not laid out. Any text is HTML enough. */
export function htmlText(html: string): string {
  const pieces: string[] = []
  let unseen: string | undefined
  const open = (start: number, end: number) => {
    const name = html.slice(start, end).toLowerCase()
    if (!INLINE.has(name)) pieces.push('\n')
    if (UNSEEN.has(name)) unseen ??= name
  }
  const close = (start: number, end: number) => {
    const name = html.slice(start, end).toLowerCase()
    if (!INLINE.has(name)) pieces.push('\n')
    if (name === unseen) unseen = undefined
  }
  const show = (text: string) => void (unseen ?? pieces.push(text))
  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      ...NO_CALLBACKS,
      onopentagname: open,
      onclosetag: close,
      ontext: (start, end) => show(html.slice(start, end)),
      ontextentity: code => show(String.fromCodePoint(code)),
    },
  )
  tokenizer.write(html)
  tokenizer.end()
  return pieces.join('').toWellFormed()
}

const ignore = () => undefined // attributes, comments and declarations have no text

const NO_CALLBACKS: TokenizerCallbacks = {
  onattribdata: ignore,
  onattribentity: ignore,
  onattribend: ignore,
  onattribname: ignore,
  oncdata: ignore,
  onclosetag: ignore,
  oncomment: ignore,
  ondeclaration: ignore,
  onend: ignore,
  onopentagend: ignore,
  onopentagname: ignore,
  onprocessinginstruction: ignore,
  onselfclosingtag: ignore,
  ontext: ignore,
  ontextentity: ignore,
}
