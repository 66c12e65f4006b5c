import { testTranscripts } from '../support/imap/transcripts.ts'

testTranscripts({
  'names are listed with what they are, and with the names above them': `<signed in>
C: a LIST "" *
S: * LIST (\\HasNoChildren) "/" "INBOX"
S: * LIST (\\NonExistent \\Noselect \\HasChildren) "/" "Projects"
S: * LIST (\\NonExistent \\Noselect \\HasChildren) "/" "Projects/2026"
S: * LIST (\\HasNoChildren) "/" "Projects/2026/B&APw-ro"
S: * LIST (\\HasNoChildren \\Sent) "/" "Sent"
S: a OK those are the mailboxes
C: b LIST "" %
S: * LIST (\\HasNoChildren) "/" "INBOX"
S: * LIST (\\NonExistent \\Noselect \\HasChildren) "/" "Projects"
S: * LIST (\\HasNoChildren \\Sent) "/" "Sent"
S: b OK those are the mailboxes
C: c LIST "" ""
S: * LIST (\\Noselect) "/" ""
S: c OK that is the delimiter
C: d LIST Projects/ %
S: * LIST (\\NonExistent \\Noselect \\HasChildren) "/" "Projects/2026"
S: d OK those are the mailboxes
C: e LIST "" Projects/%/B*
S: * LIST (\\HasNoChildren) "/" "Projects/2026/B&APw-ro"
S: e OK those are the mailboxes
C: f LIST "" inbox
S: * LIST (\\HasNoChildren) "/" "INBOX"
S: f OK those are the mailboxes
C: g LIST "" In%
S: * LIST (\\HasNoChildren) "/" "INBOX"
S: g OK those are the mailboxes
C: h NAMESPACE
S: * NAMESPACE (("" "/")) NIL NIL
S: h OK those are the namespaces
<bye>`,
  'LIST can be asked for more than names': `<signed in>
C: a UNSUBSCRIBE Sent
S: a OK not subscribed
C: b LIST (SUBSCRIBED) "" *
S: * LIST (\\HasNoChildren \\Subscribed) "/" "INBOX"
S: * LIST (\\HasNoChildren \\Subscribed) "/" "Projects/2026/B&APw-ro"
S: b OK those are the mailboxes
C: c LIST (SUBSCRIBED RECURSIVEMATCH) "" %
S: * LIST (\\HasNoChildren \\Subscribed) "/" "INBOX"
S: * LIST (\\NonExistent \\Noselect \\HasChildren) "/" "Projects" ("CHILDINFO" ("SUBSCRIBED"))
S: c OK those are the mailboxes
C: d LIST (SPECIAL-USE) "" *
S: * LIST (\\HasNoChildren \\Sent) "/" "Sent"
S: d OK those are the mailboxes
C: e LIST "" (INBOX Se%) RETURN (SUBSCRIBED CHILDREN SPECIAL-USE STATUS (MESSAGES UNSEEN HIGHESTMODSEQ))
S: * LIST (\\HasNoChildren \\Subscribed) "/" "INBOX"
S: * STATUS "INBOX" (MESSAGES 3 UNSEEN 2 HIGHESTMODSEQ 4)
S: * LIST (\\HasNoChildren \\Sent) "/" "Sent"
S: * STATUS "Sent" (MESSAGES 0 UNSEEN 0 HIGHESTMODSEQ 1)
S: e OK those are the mailboxes
C: f LIST "" (nope)
S: f OK those are the mailboxes
<bye>`,
  'LSUB tells where subscribed mailboxes are': `<signed in>
C: a UNSUBSCRIBE INBOX
S: a OK not subscribed
C: b LSUB "" %
S: * LSUB (\\Noselect) "/" "Projects"
S: * LSUB () "/" "Sent"
S: b OK those are subscribed
C: c LSUB "" *
S: * LSUB () "/" "Projects/2026/B&APw-ro"
S: * LSUB () "/" "Sent"
S: c OK those are subscribed
C: d SUBSCRIBE INBOX
S: d OK subscribed
C: e LSUB "" INBOX
S: * LSUB () "/" "INBOX"
S: e OK those are subscribed
C: f SUBSCRIBE nope
S: f NO [NONEXISTENT] there is no such mailbox
C: g UNSUBSCRIBE nope
S: g OK not subscribed
<bye>`,
  'after ENABLE of UTF8=ACCEPT names are UTF-8': `<signed in>
C: a STATUS Projects/2026/B&APw-ro (MESSAGES)
S: * STATUS "Projects/2026/B&APw-ro" (MESSAGES 0)
S: a OK that is its status
C: b ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: b OK enabled
C: c STATUS "Projects/2026/Büro" (MESSAGES)
S: * STATUS "Projects/2026/Büro" (MESSAGES 0)
S: c OK that is its status
C: d LIST "" "Projects/%/B*"
S: * LIST (\\HasNoChildren) "/" "Projects/2026/Büro"
S: d OK those are the mailboxes
<bye>`,
  'STATUS tells everything that can be known of a mailbox': `<signed in>
C: a STATUS inbox (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE HIGHESTMODSEQ MAILBOXID APPENDLIMIT)
S: * STATUS "INBOX" (MESSAGES 3 RECENT 0 UIDNEXT 4 UIDVALIDITY 7 UNSEEN 2 DELETED 0 SIZE 66 HIGHESTMODSEQ 4 MAILBOXID (F1) APPENDLIMIT 1000)
S: a OK that is its status
C: b SELECT INBOX
<the inbox>
S: b OK [READ-WRITE] the mailbox is open
C: c STORE 2 +FLAGS.SILENT (\\Deleted)
S: * 2 FETCH (UID 2 MODSEQ (5))
S: c OK stored
C: d STATUS INBOX (DELETED DELETED-STORAGE)
S: * STATUS "INBOX" (DELETED 1 DELETED-STORAGE 26)
S: d OK that is its status
C: e STATUS nope (MESSAGES)
S: e NO [NONEXISTENT] there is no such mailbox
<bye>`,
  'mailboxes are made, renamed and deleted': `<signed in>
C: a CREATE new/
S: a OK [MAILBOXID (F4)] the mailbox is there
C: b CREATE new
S: b NO [ALREADYEXISTS] there is such a mailbox already
C: c CREATE x (USE (\\Sent))
S: c NO [USEATTR] another one has this use
C: d RENAME new newer/below
S: d OK renamed
C: e RENAME newer/below newer/below/itself
S: e NO [CANNOT] a mailbox cannot be below itself
C: f RENAME newer/below Sent
S: f NO [ALREADYEXISTS] there is such a mailbox already
C: g RENAME nope other
S: g NO [NONEXISTENT] there is no such mailbox
C: h DELETE newer/below
S: h OK the mailbox is gone
C: i DELETE newer/below
S: i NO [NONEXISTENT] there is no such mailbox
C: j DELETE INBOX
S: j NO [CANNOT] INBOX stays
C: k RENAME INBOX old
S: k OK the messages of INBOX were moved there
C: m STATUS INBOX (MESSAGES)
S: * STATUS "INBOX" (MESSAGES 0)
S: m OK that is its status
C: n STATUS old (MESSAGES)
S: * STATUS "old" (MESSAGES 3)
S: n OK that is its status
<bye>`,
  'a mailbox that its own client deletes is closed': `<signed in>
C: a SELECT Sent
S: * 0 EXISTS
S: * 0 RECENT
S: * FLAGS (<flags>)
S: * OK [PERMANENTFLAGS (<flags> \\*)] these are kept
S: * OK [UIDVALIDITY 7] UIDs stay valid
S: * OK [UIDNEXT 1] the next UID
S: * OK [HIGHESTMODSEQ 1] the latest change
S: * OK [MAILBOXID (F2)] the mailbox itself
S: a OK [READ-WRITE] the mailbox is open
C: b DELETE Sent
S: * OK [CLOSED] this mailbox was open
S: b OK the mailbox is gone
C: c CLOSE
S: c BAD this command is not valid in this state
<bye>`,
  'a mailbox is opened, and another one in its place': `<signed in>
C: a SELECT INBOX
<the inbox>
S: a OK [READ-WRITE] the mailbox is open
C: b EXAMINE Sent
S: * OK [CLOSED] the previous mailbox is closed
S: * 0 EXISTS
S: * 0 RECENT
S: * FLAGS (<flags>)
S: * OK [PERMANENTFLAGS ()] these are kept
S: * OK [UIDVALIDITY 7] UIDs stay valid
S: * OK [UIDNEXT 1] the next UID
S: * OK [HIGHESTMODSEQ 1] the latest change
S: * OK [MAILBOXID (F2)] the mailbox itself
S: b OK [READ-ONLY] the mailbox is open
C: c SELECT nope
S: * OK [CLOSED] the previous mailbox is closed
S: c NO [NONEXISTENT] there is no such mailbox
C: d FETCH 1 FLAGS
S: d BAD this command is not valid in this state
C: e SELECT INBOX (QRESYNC (7 1))
S: e BAD QRESYNC was not enabled
<bye>`,
  'IMAP4rev2 clients are told what is theirs': `<signed in>
C: a ENABLE IMAP4rev2
S: * ENABLED IMAP4rev2
S: a OK enabled
C: b SELECT INBOX
S: * 3 EXISTS
S: * FLAGS (<flags>)
S: * OK [PERMANENTFLAGS (<flags> \\*)] these are kept
S: * OK [UIDVALIDITY 7] UIDs stay valid
S: * OK [UIDNEXT 4] the next UID
S: * OK [HIGHESTMODSEQ 4] the latest change
S: * OK [MAILBOXID (F1)] the mailbox itself
S: * LIST (\\HasNoChildren) "/" "INBOX"
S: b OK [READ-WRITE] the mailbox is open
C: c SEARCH ALL
S: * ESEARCH (TAG "c") ALL 1:3
S: c OK searched
<bye>`,
  'without a quota there is no quota root': `<signed in>
C: a GETQUOTAROOT INBOX
S: * QUOTAROOT "INBOX"
S: a OK that is the quota
C: b GETQUOTA ""
S: b NO [NONEXISTENT] there is no such quota root
C: c GETQUOTAROOT nope
S: c NO [NONEXISTENT] there is no such mailbox
<bye>`,
  'names that could not be listed are refused': `<signed in>
C: a CREATE "a%"
S: a NO [CANNOT] the name has a wildcard in it
C: b CREATE "a*b"
S: b NO [CANNOT] the name has a wildcard in it
C: c CREATE a//b
S: c NO [CANNOT] a level of the name is empty
C: d CREATE /
S: d NO [CANNOT] a level of the name is empty
C: e CREATE inbox
S: e NO [ALREADYEXISTS] there is such a mailbox already
C: f CREATE inbox/
S: f NO [ALREADYEXISTS] there is such a mailbox already
C: g RENAME Sent "%"
S: g NO [CANNOT] the name has a wildcard in it
C: h RENAME Sent inbox
S: h NO [ALREADYEXISTS] there is such a mailbox already
C: i CREATE B&APw-cher
S: i OK [MAILBOXID (F4)] the mailbox is there
C: j LIST "" B%
S: * LIST (\\HasNoChildren) "/" "B&APw-cher"
S: j OK those are the mailboxes
<bye>`,
})
