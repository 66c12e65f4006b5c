import { ANSWERED, add, append, FLAGGED, flag, GONE, move, SEEN, type Story } from './story.ts'

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

const arrived: readonly Story[] = [
  { tag: 'mail', server: append('INBOX'), end: [['INBOX']] },
  { tag: 'mail-nameless', hasNoId: true, server: append('INBOX'), end: [['INBOX']] },
  { tag: 'mail-large', octets: 200_000, server: append('Archive'), end: [['Archive']] },
  { tag: 'mail-folder', server: append('Gärten'), end: [['Gärten']] },
  { tag: 'mail-meanwhile', meanwhile: append('INBOX'), end: [['INBOX']] },
  { tag: 'mail-meanwhile-nameless', hasNoId: true, meanwhile: append('Archive'), end: [['Archive']] },
]

/** What becomes of single messages. */
export const MESSAGE_STORIES: readonly Story[] = [...quiet, ...flags, ...added, ...deleted, ...arrived]
