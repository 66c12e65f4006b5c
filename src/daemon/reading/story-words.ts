import type { LedgerRow, PendingWork, Whereabouts } from '../../store/queries/history.ts'

type Words = (entry: { readonly detail: string; readonly at: string; readonly in: string }) => string

// `at` is " as number N in FOLDER" or less, `in` is " in FOLDER": a folder may have been renamed since.
const EVENTS: Readonly<Record<string, Words>> = {
  added: ({ in: where }) => `it was put into the store here${where}`,
  copied: ({ in: where, detail }) => `it was made as a copy${where} (${detail})`,
  'made-locally': ({ in: where }) => `Postern made it itself${where}`,
  'body-fetched': () => 'all of it was fetched; only the header was here before',
  'body-let-go': () =>
    'its body was let go, being older than keepDays wants; the header stayed, the server has all of it',
  'body-replaced': ({ detail }) => `its body was fetched again: ${detail}`,
  damaged: ({ detail }) => `its stored body could not be read: ${detail}`,
  'download-failed': ({ at, detail }) => `downloading it${at} failed: ${detail}`,
  'import-failed': ({ detail }) => `importing it failed: ${detail}`,
  ignored: ({ at, detail }) => `it was put on the ignore list${at} after three failures (${detail})`,
  'ignored-cleared': () => 'the ignore list was cleared: it is tried again',
  'flags-changed': ({ detail }) => `its flags were changed here: ${detail || 'flags'}`,
  'flags-changed-on-server': ({ detail }) => `its flags were changed on the server, by another client: ${detail}`,
  'flags-uploaded': ({ detail }) => `the server was told of its flags${detail && `: ${detail}`}`,
  moved: ({ in: where }) => `it was moved here, to be${where}`,
  trashed: ({ in: where }) => `it was deleted here, into the Trash; it was${where} before`,
  'moved-upstream': ({ at }) => `the server moved it as it was told${at}`,
  'moved-on-server': ({ at }) => `another client moved it on the server: it is${at} since`,
  'move-reverted': ({ in: where, detail }) => `its move was taken back, it is${where} again: ${detail}`,
  recognised: ({ at }) => `it was recognised on the server${at}, under a new number`,
  bound: ({ at }) => `it was recognised in the account that the profile was bound to${at}`,
  merged: ({ detail }) => `it was merged ${detail}`,
  uploaded: ({ at }) => `it was uploaded${at}`,
  'upload-failed': ({ detail }) => `the server refused to take it: ${detail}`,
  'upload-deferred': ({ detail }) => `uploading it was put off: ${detail}`,
  'upload-ignored': ({ detail }) => `the server refused it for the third time, it is uploaded no more: ${detail}`,
  'change-refused': ({ detail }) => `the server refused to be told of a change made here: ${detail}`,
  'change-ignored': ({ detail }) => `the server refused it for the third time, it is told no more: ${detail}`,
  'over-quota': () => 'the server has no room for it',
  'to-be-uploaded-again': () => 'the server lost it; it is to be uploaded again',
  vanished: ({ at }) => `the server stopped having it${at}`,
  deleting: () => 'it was deleted here, for good',
  deleted: () => 'it was deleted as was wanted here; it can be restored for 30 days',
  'deleted-on-server': () =>
    'it was taken for deleted on the server, by another client; it can be restored for 30 days',
  restored: ({ in: where }) => `it was restored${where}`,
  reverted: ({ detail }) => `changes made here were taken back: ${detail}`,
  blocked: ({ detail }) => `it was changed here, and the server is not told: ${detail}`,
  'deletion-forgotten': () =>
    'it was deleted here and changed on the server meanwhile: the server’s version won, it is back',
  'left-behind': ({ detail, in: where }) => `it stands for what the server still has, left${where} ${detail}`,
  purged: () => 'what was kept of it was removed for good',
  conflict: ({ detail }) => `both sides had changed it; the ${detail}`,
  'conflict-discarded': () => 'the version that had lost was discarded',
  'uidvalidity-changed': ({ in: where }) => `the server numbered everything${where} anew`,
}

/** Says what an entry of the ledger means. An event of a newer Postern is told by its name. */
export function wordsFor({ event, detail = '', path, uid }: LedgerRow): string {
  const where = path === undefined ? '' : ` in ${path}`
  const at = uid === undefined || uid <= 0 ? where : ` as number ${uid}${where}`
  const words = Object.hasOwn(EVENTS, event) ? EVENTS[event] : undefined
  return words?.({ detail, at, in: where }) ?? `${event}${detail && `: ${detail}`}`
}

/** Says where a message is. */
export function wordsForPlace({ kind, path = '', uid, part, cause = '', isSeen }: Whereabouts): string {
  const number = uid > 0 ? `, number ${uid} on the server` : ''
  switch (kind) {
    case 'item':
      return `in ${path}${number}, ${isSeen ? 'read' : 'unread'}${part === 'header' ? ', its header only' : ''}`
    case 'hidden':
      return `hidden: the server has it no more in ${path}, and may have it elsewhere`
    case 'deleting':
      return `deleted here; the server is still to be told`
    case 'queue':
      return `on the server in ${path} as number ${uid}, waiting to be downloaded${part === 'header' ? ' (its header)' : ''}`
    case 'stage':
      return `downloaded from ${path}, waiting to be imported`
    case 'ignored':
      return `on the ignore list of ${path} as number ${uid} (${cause})`
    case 'deleted':
      return `deleted ${cause === 'server' ? 'on the server' : 'here'}; it was in ${path} and ${
        part === 'header' ? 'cannot be restored, only its header is left' : 'can be restored'
      }`
    case 'conflict':
      return `a version that lost is kept (${cause}), see postern conflict list`
    case 'purged':
      return `gone; only its story is left`
  }
}

/** Says what a message waits for. */
export function wordsForWork({ kind, path = '', isLost, attempts, nextMs, error = '' }: PendingWork): string {
  const after = nextMs === undefined ? '' : `, not before ${new Date(nextMs).toISOString()}`
  const failed = attempts > 0 ? `; ${attempts} of 3 attempts failed: ${error || 'no answer'}${after}` : after
  switch (kind) {
    case 'append':
      if (isLost)
        return `whether the server has it in ${path}: the answer to its upload was lost, the next runs look for it`
      return `its upload to ${path}${failed}`
    case 'move':
      return isLost
        ? `where the server has it: the answer to its move to ${path} was lost, the next runs look for it`
        : `its move to ${path} to be told to the server`
    case 'flags':
      return 'its flags to be told to the server'
    case 'delete':
      return `its deletion in ${path} to be told to the server`
    case 'body':
      return `all of it to be downloaded${attempts > 0 ? `; ${attempts} of 3 attempts failed` : ''}`
    case 'vanished':
      return `a whole run over all folders, which shows whether it was deleted or moved; it was in ${path}`
    case 'ignored-upload':
      return `you: its upload to ${path} failed three times (${error}); postern ignored clear tries again`
    case 'ignored-change':
      return `you: the server refused three times to be told of a change made here (${error}); postern ignored clear tries again`
    case 'ignored-body':
      return `you: fetching all of it failed three times (${error}); postern ignored clear tries again`
  }
}
