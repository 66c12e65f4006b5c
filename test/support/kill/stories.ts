/** What a second client does on the server to the message of a story. */
export type ServerAction =
  | { readonly kind: 'append'; readonly folder: string }
  | { readonly kind: 'move'; readonly folder: string }
  | { readonly kind: 'flag'; readonly add?: readonly string[]; readonly remove?: readonly string[] }
  | { readonly kind: 'expunge' }

/** What the user does to the message of a story, in Postern. */
export type UserAction =
  | { readonly kind: 'add'; readonly folder: string; readonly flags?: readonly string[] }
  | { readonly kind: 'flag'; readonly add?: readonly string[]; readonly remove?: readonly string[] }
  | { readonly kind: 'move'; readonly folder: string }
  | { readonly kind: 'copy'; readonly folder: string }
  | { readonly kind: 'delete'; readonly isPermanent?: boolean }
  | { readonly kind: 'restore' }

/** The folders in which a message is at the end; a folder that has it twice is named twice. */
export type Places = readonly string[]

/** One message, what becomes of it on both sides, and where it must be in the end. */
export interface Story {
  /** Names the message; its subject is `[tag]`. */
  readonly tag: string
  /** Where the server has it when everything is in sync. */
  readonly at?: Places
  readonly flags?: readonly string[]
  readonly hasNoId?: true
  readonly octets?: number
  /** Done and synchronized before the state that every run begins with. */
  readonly early?: UserAction
  /** Not told to the server yet when the run begins. */
  readonly user?: readonly UserAction[]
  /** Done by the user between the kill and the next start. */
  readonly later?: readonly UserAction[]
  /** Applies `user` to the first of several equal messages only. */
  readonly isFirstOnly?: true
  /** Done on the server, and not seen yet when the run begins. */
  readonly server?: ServerAction
  /** Done on the server in the middle of the run, or between the kill and the next start. */
  readonly meanwhile?: ServerAction
  /** Where it may be in the end: one of these. */
  readonly end: readonly Places[]
  /** The same, when the client wins conflicts. */
  readonly clientEnd?: readonly Places[]
  /** When the server wins, the user's version is kept as a conflict. */
  readonly isKept?: true
  /** Its flags in the end, where they differ from `flags`. */
  readonly endFlags?: readonly string[]
  /** Other flags that are as right. */
  readonly orFlags?: readonly string[]
}

const GONE: readonly Places[] = [[]]
const SEEN = '\\Seen'
const FLAGGED = '\\Flagged'
const ANSWERED = '\\Answered'

const quiet: readonly Story[] = [
  { tag: 'quiet', at: ['INBOX'], flags: [SEEN, '$Label1'], end: [['INBOX']] },
  { tag: 'quiet-nameless', at: ['Archive'], hasNoId: true, end: [['Archive']] },
  { tag: 'quiet-sent', at: ['Sent'], flags: [SEEN], end: [['Sent']] },
  { tag: 'quiet-twins', at: ['INBOX', 'INBOX', 'Archive'], end: [['Archive', 'INBOX', 'INBOX']] },
  { tag: 'draft', at: ['Drafts'], end: [['Drafts']] },
]

const flags: readonly Story[] = [
  { tag: 'flag-add', at: ['INBOX'], user: [flag([FLAGGED])], end: [['INBOX']], endFlags: [FLAGGED] },
  { tag: 'flag-remove', at: ['INBOX'], flags: [SEEN], user: [flag([], [SEEN])], end: [['INBOX']], endFlags: [] },
  {
    tag: 'flag-keyword',
    at: ['Archive'],
    user: [flag(['$Label1', SEEN])],
    end: [['Archive']],
    endFlags: ['$Label1', SEEN],
  },
  {
    tag: 'flag-both',
    at: ['INBOX'],
    user: [flag([FLAGGED])],
    server: flag([ANSWERED]),
    end: [['INBOX']],
    endFlags: [ANSWERED, FLAGGED],
  },
  {
    tag: 'flag-meanwhile',
    at: ['INBOX'],
    flags: [SEEN],
    user: [flag([FLAGGED])],
    meanwhile: flag(['$Label2'], [SEEN]),
    end: [['INBOX']],
    endFlags: ['$Label2', FLAGGED],
  },
  { tag: 'server-flag', at: ['Archive'], server: flag([SEEN]), end: [['Archive']], endFlags: [SEEN] },
  { tag: 'meanwhile-flag', at: ['INBOX'], meanwhile: flag([FLAGGED]), end: [['INBOX']], endFlags: [FLAGGED] },
]

const added: readonly Story[] = [
  { tag: 'new', user: [add('INBOX')], end: [['INBOX']] },
  { tag: 'new-seen', user: [add('Archive', [SEEN])], end: [['Archive']], endFlags: [SEEN] },
  { tag: 'new-nameless', hasNoId: true, user: [add('INBOX')], end: [['INBOX']] },
  { tag: 'new-nameless-too', hasNoId: true, user: [add('Archive')], end: [['Archive']] },
  { tag: 'new-large', octets: 300_000, user: [add('Archive')], end: [['Archive']] },
  { tag: 'new-twins', user: [add('INBOX'), add('INBOX')], end: [['INBOX', 'INBOX']] },
  { tag: 'new-moved', user: [add('INBOX'), move('Archive')], end: [['Archive']] },
  {
    tag: 'new-flagged',
    user: [add('INBOX'), flag([FLAGGED, '$Label1'])],
    end: [['INBOX']],
    endFlags: ['$Label1', FLAGGED],
  },
  { tag: 'new-trash', user: [add('INBOX'), { kind: 'delete' }], end: [['Trash']] },
  { tag: 'new-deleted', user: [add('INBOX'), { kind: 'delete', isPermanent: true }], end: GONE },
  { tag: 'new-in-new', user: [add('New/Sub')], end: [['New/Sub']] },
  { tag: 'new-meanwhile-moved', user: [add('INBOX')], meanwhile: move('Projects'), end: [['INBOX'], ['Projects']] },
  {
    tag: 'restored',
    at: ['INBOX'],
    early: { kind: 'delete', isPermanent: true },
    user: [{ kind: 'restore' }],
    end: [['INBOX']],
  },
]

const moved: readonly Story[] = [
  { tag: 'move', at: ['INBOX'], user: [move('Archive')], end: [['Archive']] },
  { tag: 'move-too', at: ['INBOX'], user: [move('Projects')], end: [['Projects']] },
  { tag: 'move-back', at: ['Archive'], user: [move('INBOX')], end: [['INBOX']] },
  { tag: 'move-nameless', at: ['INBOX'], hasNoId: true, user: [move('Archive')], end: [['Archive']] },
  { tag: 'move-to-new', at: ['INBOX'], user: [move('New')], end: [['New']] },
  {
    tag: 'move-flag',
    at: ['INBOX'],
    user: [move('Archive'), flag([FLAGGED])],
    end: [['Archive']],
    endFlags: [FLAGGED],
  },
  { tag: 'move-twins', at: ['INBOX', 'INBOX'], user: [move('Archive')], end: [['Archive', 'Archive']] },
  { tag: 'move-one', at: ['INBOX', 'INBOX'], isFirstOnly: true, user: [move('Archive')], end: [['Archive', 'INBOX']] },
  {
    tag: 'move-server',
    at: ['INBOX'],
    user: [move('Archive')],
    server: move('Projects'),
    end: [['Projects']],
    clientEnd: [['Archive']],
  },
  {
    tag: 'move-gone',
    at: ['INBOX'],
    user: [move('Archive')],
    server: { kind: 'expunge' },
    end: GONE,
    clientEnd: [['Archive']],
    isKept: true,
  },
  {
    tag: 'move-meanwhile-gone',
    at: ['INBOX'],
    user: [move('Archive')],
    meanwhile: { kind: 'expunge' },
    end: GONE,
    clientEnd: [[], ['Archive']],
  },
  {
    tag: 'move-meanwhile',
    at: ['INBOX'],
    user: [move('Archive')],
    meanwhile: move('Projects'),
    end: [['Archive'], ['Projects']],
  },
  {
    tag: 'move-meanwhile-flag',
    at: ['INBOX'],
    user: [move('Archive')],
    meanwhile: flag([FLAGGED]),
    end: [['Archive']],
    endFlags: [FLAGGED],
  },
  { tag: 'server-moved', at: ['INBOX'], server: move('Projects'), end: [['Projects']] },
  { tag: 'server-moved-nameless', at: ['INBOX'], hasNoId: true, server: move('Projects'), end: [['Projects']] },
  {
    tag: 'server-moved-flag',
    at: ['INBOX'],
    user: [flag([FLAGGED])],
    server: move('Projects'),
    end: [['Projects']],
    endFlags: [FLAGGED],
  },
  { tag: 'meanwhile-moved', at: ['Archive'], meanwhile: move('INBOX'), end: [['INBOX']] },
]

const deleted: readonly Story[] = [
  { tag: 'trash', at: ['INBOX'], user: [{ kind: 'delete' }], end: [['Trash']] },
  { tag: 'trash-nameless', at: ['Archive'], hasNoId: true, user: [{ kind: 'delete' }], end: [['Trash']] },
  { tag: 'delete', at: ['INBOX'], user: [{ kind: 'delete', isPermanent: true }], end: GONE },
  { tag: 'delete-trash', at: ['Trash'], user: [{ kind: 'delete' }], end: GONE },
  {
    tag: 'delete-flagged',
    at: ['INBOX'],
    user: [{ kind: 'delete', isPermanent: true }],
    server: flag([SEEN]),
    end: [['INBOX']],
    clientEnd: GONE,
    endFlags: [SEEN],
  },
  {
    tag: 'delete-gone',
    at: ['INBOX'],
    user: [{ kind: 'delete', isPermanent: true }],
    server: { kind: 'expunge' },
    end: GONE,
  },
  {
    tag: 'delete-moved',
    at: ['INBOX'],
    user: [{ kind: 'delete', isPermanent: true }],
    server: move('Projects'),
    end: [['Projects']],
    clientEnd: GONE,
  },
  {
    // If it was moved after PLAN had read the folder, the move is what came last.
    tag: 'delete-meanwhile-moved',
    at: ['INBOX'],
    user: [{ kind: 'delete', isPermanent: true }],
    meanwhile: move('Projects'),
    end: [[], ['Projects']],
  },
  { tag: 'server-gone', at: ['Archive'], server: { kind: 'expunge' }, end: GONE },
  {
    tag: 'server-gone-flag',
    at: ['INBOX'],
    user: [flag([FLAGGED])],
    server: { kind: 'expunge' },
    end: GONE,
    clientEnd: [['INBOX']],
    endFlags: [FLAGGED],
    isKept: true,
  },
  { tag: 'meanwhile-gone', at: ['INBOX'], meanwhile: { kind: 'expunge' }, end: GONE },
]

const copied: readonly Story[] = [
  {
    tag: 'copy-server-moved',
    at: ['INBOX'],
    user: [copy('Archive')],
    server: move('Projects'),
    end: [['Archive', 'Projects']],
  },
  {
    tag: 'copy-server-gone',
    at: ['INBOX'],
    user: [copy('Archive')],
    server: { kind: 'expunge' },
    end: [['Archive']],
  },
  { tag: 'copy', at: ['INBOX'], user: [copy('Archive')], end: [['Archive', 'INBOX']] },
  { tag: 'copy-nameless', at: ['INBOX'], hasNoId: true, user: [copy('Archive')], end: [['Archive', 'INBOX']] },
  { tag: 'copy-same', at: ['INBOX'], user: [copy('INBOX')], end: [['INBOX', 'INBOX']] },
  { tag: 'copy-move', at: ['INBOX'], user: [copy('Archive'), move('Projects')], end: [['Archive', 'Projects']] },
  {
    tag: 'copy-delete',
    at: ['INBOX'],
    user: [copy('Archive'), { kind: 'delete', isPermanent: true }],
    end: [['Archive']],
  },
]

const folders: readonly Story[] = [
  { tag: 'renamed-mail', server: append('Rename'), end: [['Renamed']] },
  { tag: 'both', server: append('Both'), end: [['Both']] },
  { tag: 'both-new', user: [add('Both')], end: [['Both']] },
  { tag: 'report-in', at: ['INBOX'], user: [move('Reports')], end: [['Reports 2026']] },
  { tag: 'report-new', user: [add('Reports')], end: [['Reports 2026']] },
  { tag: 'renamed', at: ['Rename'], end: [['Renamed']] },
  { tag: 'renamed-flag', at: ['Rename'], user: [flag([FLAGGED])], end: [['Renamed']], endFlags: [FLAGGED] },
  { tag: 'renamed-out', at: ['Rename'], user: [move('INBOX')], end: [['INBOX']] },
  { tag: 'renamed-in', at: ['INBOX'], user: [move('Renamed')], end: [['Renamed']] },
  { tag: 'renamed-new', user: [add('Renamed')], end: [['Renamed']] },
  { tag: 'old', at: ['Old'], end: GONE },
  { tag: 'old-nameless', at: ['Old'], hasNoId: true, end: GONE },
  { tag: 'report', at: ['Reports'], end: [['Reports 2026']] },
  { tag: 'report-flag', at: ['Reports'], user: [flag([FLAGGED])], end: [['Reports 2026']], endFlags: [FLAGGED] },
  { tag: 'doomed', at: ['Doomed'], end: GONE },
  { tag: 'doomed-in', at: ['INBOX'], user: [move('Doomed')], end: [['Doomed']] },
  { tag: 'doomed-new', user: [add('Doomed')], end: [['Doomed']] },
]

// The user acts again while nobody knows what the server has of the first action.
const afterwards: readonly Story[] = [
  { tag: 'later-flag', at: ['INBOX'], later: [flag([FLAGGED])], end: [['INBOX']], endFlags: [FLAGGED] },
  { tag: 'later-move', at: ['INBOX'], later: [move('Archive')], end: [['Archive']] },
  { tag: 'later-delete', at: ['INBOX'], later: [{ kind: 'delete', isPermanent: true }], end: GONE },
  { tag: 'new-later-move', user: [add('INBOX')], later: [move('Archive')], end: [['Archive']] },
  { tag: 'new-later-delete', user: [add('INBOX')], later: [{ kind: 'delete', isPermanent: true }], end: GONE },
  { tag: 'new-later-trash', user: [add('Archive')], later: [{ kind: 'delete' }], end: [['Trash']] },
  { tag: 'new-later-flag', user: [add('INBOX')], later: [flag([FLAGGED])], end: [['INBOX']], endFlags: [FLAGGED] },
  { tag: 'new-nameless-later-move', hasNoId: true, user: [add('INBOX')], later: [move('Archive')], end: [['Archive']] },
  { tag: 'move-later-move', at: ['INBOX'], user: [move('Archive')], later: [move('Projects')], end: [['Projects']] },
  { tag: 'move-later-back', at: ['INBOX'], user: [move('Archive')], later: [move('INBOX')], end: [['INBOX']] },
  {
    tag: 'move-later-delete',
    at: ['INBOX'],
    user: [move('Archive')],
    later: [{ kind: 'delete', isPermanent: true }],
    end: GONE,
  },
  {
    tag: 'move-later-flag',
    at: ['INBOX'],
    user: [move('Archive')],
    later: [flag([FLAGGED])],
    end: [['Archive']],
    endFlags: [FLAGGED],
  },
  {
    // Nobody noted that the flag was sent: that the server has it looks like another client's doing, if it was killed then.
    tag: 'flag-later-unflag',
    at: ['INBOX'],
    user: [flag([FLAGGED])],
    later: [flag([], [FLAGGED])],
    end: [['INBOX']],
    orFlags: [FLAGGED],
  },
  { tag: 'trash-later-back', at: ['INBOX'], user: [{ kind: 'delete' }], later: [move('INBOX')], end: [['INBOX']] },
  {
    tag: 'delete-later-restore',
    at: ['INBOX'],
    user: [{ kind: 'delete', isPermanent: true }],
    later: [{ kind: 'restore' }],
    end: [['INBOX']],
  },
]

const arrived: readonly Story[] = [
  { tag: 'mail', server: append('INBOX'), end: [['INBOX']] },
  { tag: 'mail-nameless', hasNoId: true, server: append('INBOX'), end: [['INBOX']] },
  { tag: 'mail-large', octets: 200_000, server: append('Archive'), end: [['Archive']] },
  { tag: 'mail-folder', server: append('Gärten'), end: [['Gärten']] },
  { tag: 'mail-meanwhile', meanwhile: append('INBOX'), end: [['INBOX']] },
  { tag: 'mail-meanwhile-nameless', hasNoId: true, meanwhile: append('Archive'), end: [['Archive']] },
]

/** Every kind of change on both sides. */
export const STORIES: readonly Story[] = [
  ...quiet,
  ...flags,
  ...added,
  ...moved,
  ...deleted,
  ...copied,
  ...afterwards,
  ...folders,
  ...arrived,
]

/** What happens to folders: before everything is in sync, by the user, and on the server. */
export const FOLDERS = {
  early: ['Archive', 'Projects', 'Rename', 'Old', 'Reports', 'Doomed'],
  user: [
    { kind: 'createFolder', path: 'New' },
    { kind: 'createFolder', path: 'New/Sub' },
    { kind: 'createFolder', path: 'Empty' },
    { kind: 'createFolder', path: 'Both' },
    { kind: 'renameFolder', path: 'Rename', newPath: 'Renamed' },
    { kind: 'deleteFolder', path: 'Old' },
  ],
  server: { created: ['Gärten', 'Both'], renamed: ['Reports', 'Reports 2026'], deleted: 'Doomed' },
  end: [
    ...['Archive', 'Both', 'Doomed', 'Drafts', 'Empty', 'Gärten', 'INBOX', 'New', 'New/Sub', 'Projects', 'Renamed'],
    ...['Reports 2026', 'Sent', 'Trash'],
  ],
} as const

function flag(add: readonly string[], remove: readonly string[] = []) {
  return { kind: 'flag' as const, add, remove }
}

function add(folder: string, flags: readonly string[] = []): UserAction {
  return { kind: 'add', folder, flags }
}

function append(folder: string): ServerAction {
  return { kind: 'append', folder }
}

function move(folder: string) {
  return { kind: 'move' as const, folder }
}

function copy(folder: string): UserAction {
  return { kind: 'copy', folder }
}

/** The octets of a story's message. */
export function compose({ tag, hasNoId, octets = 200 }: Story): Buffer {
  const header = [
    'From: Ada <ada@example.test>',
    `Subject: [${tag}]`,
    'Date: Mon, 2 Mar 2026 10:00:00 +0000',
    ...(hasNoId ? [] : [`Message-ID: <${tag}@kill.example>`]),
  ].join('\r\n')
  const lines = Array.from({ length: Math.ceil(octets / 60) }, (_, line) => `${tag} ${line} `.padEnd(58, '.'))
  return Buffer.from(`${header}\r\n\r\n${lines.join('\r\n')}\r\n`)
}
