import { headerFilter } from './header-filter.ts'

/** The fields that mail programs ask for to list a folder, in lower case. */
export const LISTED_FIELDS: ReadonlySet<string> = new Set(
  `from sender reply-to to cc bcc subject date message-id in-reply-to references
  content-type content-transfer-encoding content-description content-language mime-version
  importance priority x-priority x-msmail-priority disposition-notification-to lines newsgroups
  list-id list-post list-subscribe list-unsubscribe list-unsubscribe-post x-label x-original-to`.split(/\s+/),
)

/** Takes the listed fields out of a header, with its blank line. */
export const listedFields: (header: Buffer) => Buffer = headerFilter({
  kind: 'HEADER.FIELDS',
  names: [...LISTED_FIELDS],
})
