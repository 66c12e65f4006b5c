// Synchronization against mbsync and, where it can do the same, imapflow, in one run, on private Dovecots.
//   node_modules/.bin/node bench/sync.ts [row…] [--small] [name=number…]
// Rows: pull pull-tls no-change no-change-many flags upload compare large; all without any. Numbers as in sync/sizes.ts.
// Times are medians of interleaved rounds. Needs Debian's dovecot-imapd and isync, and root for the private Dovecots.
import { flags } from './sync/flags.ts'
import { fullCompare } from './sync/full-compare.ts'
import { initialPull } from './sync/initial-pull.ts'
import { largeMessages } from './sync/large-messages.ts'
import { noChange } from './sync/no-change.ts'
import { FULL_SIZES, type Sizes, SMALL_SIZES } from './sync/sizes.ts'
import { upload } from './sync/upload.ts'

const ROWS: Readonly<Record<string, (sizes: Sizes) => Promise<void>>> = {
  pull: sizes => initialPull(sizes, false),
  'pull-tls': sizes => initialPull(sizes, true),
  'no-change': sizes => noChange(sizes, 1),
  'no-change-many': sizes => noChange(sizes, sizes.folders),
  flags,
  upload,
  compare: fullCompare,
  large: largeMessages,
}

const words = process.argv.slice(2)
const numbers = words.filter(word => word.includes('=')).map(word => word.split('='))
for (const [name = '', value] of numbers) {
  if (!(name in FULL_SIZES) || !(Number(value) > 0))
    throw new Error(`${name}=${value} is no size; see bench/sync/sizes.ts`)
}
const chosen = words.filter(word => !word.includes('=') && word !== '--small')
for (const row of chosen) {
  if (!(row in ROWS)) throw new Error(`there is no row ${row}; there are ${Object.keys(ROWS).join(' ')}`)
}
const sizes: Sizes = {
  ...(words.includes('--small') ? SMALL_SIZES : FULL_SIZES),
  ...Object.fromEntries(numbers.map(([name, value]) => [name, Number(value)])),
}
for (const row of chosen.length > 0 ? chosen : Object.keys(ROWS)) await ROWS[row]?.(sizes)
