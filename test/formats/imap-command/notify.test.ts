import t from 'tap'
import { checkCases } from './command-cases.ts'

const group = { mailboxes: [], items: [], events: ['MESSAGENEW', 'MESSAGEEXPUNGE'] }
const set = (...groups: readonly object[]) => ({ kind: 'notify-set', isStatus: false, groups })
const names = (...words: readonly string[]) => words.map(name => ({ kind: 'plain', name }))

t.test('NOTIFY sets what the client is told', async t => {
  checkCases(t, [
    ['NOTIFY NONE', { kind: 'notify-none' }],
    [
      'NOTIFY SET STATUS (selected (MessageNew (UID FLAGS) MessageExpunge)) (subtree (A "B C") NONE)',
      {
        ...set(
          { ...group, filter: 'SELECTED', items: names('UID', 'FLAGS') },
          { ...group, filter: 'SUBTREE', mailboxes: ['A', 'B C'], events: [] },
        ),
        isStatus: true,
      },
    ],
    [
      'notify set (selected-delayed (messageexpunge flagchange messagenew)) (inboxes (MAILBOXNAME SubscriptionChange))',
      set(
        { ...group, filter: 'SELECTED-DELAYED', events: ['MESSAGEEXPUNGE', 'FLAGCHANGE', 'MESSAGENEW'] },
        { ...group, filter: 'INBOXES', events: ['MAILBOXNAME', 'SUBSCRIPTIONCHANGE'] },
      ),
    ],
    [
      'NOTIFY SET (personal (MessageNew MessageExpunge)) (mailboxes inbox (MailboxName)) (subscribed NONE)',
      set(
        { ...group, filter: 'PERSONAL' },
        { ...group, filter: 'MAILBOXES', mailboxes: ['INBOX'], events: ['MAILBOXNAME'] },
        { ...group, filter: 'SUBSCRIBED', events: [] },
      ),
    ],
    [
      'NOTIFY SET (mailboxes ({4+}\r\nNo * "&APw-" "%") NONE)',
      set({ ...group, filter: 'MAILBOXES', mailboxes: ['No *', 'ü', '%'], events: [] }),
    ],
    ['NOTIFY SET (selected NONE)', set({ ...group, filter: 'SELECTED', events: [] })],
  ])
})

t.test('events that nobody tells are read, so that they can be refused as such', async t => {
  checkCases(t, [
    ['NOTIFY SET (personal (Nothing))', set({ ...group, filter: 'PERSONAL', events: ['OTHER'] })],
    ['NOTIFY SET (selected (vnd.x_y))', set({ ...group, filter: 'SELECTED', events: ['OTHER'] })],
    [
      'NOTIFY SET (personal (MessageNew MessageExpunge AnnotationChange ServerMetadataChange))',
      set({ ...group, filter: 'PERSONAL', events: [...group.events, 'ANNOTATIONCHANGE', 'SERVERMETADATACHANGE'] }),
    ],
  ])
})

t.test('events that do not go together are malformed', async t => {
  checkCases(t, [
    ['NOTIFY SET (personal (MessageNew))', 'malformed'],
    ['NOTIFY SET (personal (MessageExpunge MailboxName))', 'malformed'],
    ['NOTIFY SET (personal (FlagChange))', 'malformed'],
    ['NOTIFY SET (personal (MessageNew FlagChange))', 'malformed'],
    ['NOTIFY SET (personal (AnnotationChange))', 'malformed'],
    ['NOTIFY SET (personal (MessageNew MessageExpunge)) (mailboxes INBOX (FlagChange))', 'malformed'],
    ['NOTIFY SET (selected (MailboxName))', 'malformed'],
    ['NOTIFY SET (selected-delayed (MessageNew MessageExpunge SubscriptionChange))', 'malformed'],
    ['NOTIFY SET (selected (MessageNew MessageExpunge ServerMetadataChange))', 'malformed'],
    ['NOTIFY SET (selected NONE) (selected-delayed NONE)', 'malformed'],
    ['NOTIFY SET (selected NONE) (personal NONE) (selected NONE)', 'malformed'],
    ['NOTIFY SET (personal (MessageNew (UID) MessageExpunge))', 'malformed'],
  ])
})

t.test('what is no NOTIFY is malformed', async t => {
  checkCases(t, [
    ...[
      'NOTIFY',
      'NOTIFY SET',
      'NOTIFY SET STATUS',
      'NOTIFY ALL',
      'NOTIFY NONE now',
      'NOTIFY SET(personal NONE)',
      'NOTIFY SET  (personal NONE)',
      'NOTIFY SET STATUS(personal NONE)',
      'NOTIFY SET STATUSES (personal NONE)',
      'NOTIFY SET (personal NONE)(selected NONE)',
      'NOTIFY SET (personal NONE) ',
      'NOTIFY SET (personal NONES)',
      'NOTIFY SET (personal)',
      'NOTIFY SET (personal ())',
      'NOTIFY SET (personal MailboxName)',
      'NOTIFY SET (personal (MailboxName )',
      'NOTIFY SET (x NONE)',
      'NOTIFY SET (mailboxes NONE)',
      'NOTIFY SET (mailboxes () NONE)',
      'NOTIFY SET (subtree)',
      'NOTIFY SET (selected (MessageNew () MessageExpunge))',
      'NOTIFY SET (selected (MessageNew (UID MessageExpunge))',
      'NOTIFY SET (selected (MessageNew(UID) MessageExpunge))',
      'NOTIFY SET STATUS (selected MessageNew (UID BODY.PEEK[]) MessageExpunge)',
    ].map(line => [line, 'malformed'] as const),
  ])
})
