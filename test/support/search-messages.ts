/** Messages whose texts are written in the ways that mail programs have; lines end with LF. */
export const SEARCHED = {
  plain: `From: "Ada Lovelace" <ada@example.test>
To: Team: bob@example.test, Carol <carol@example.org>;
Cc: dave@example.test
Subject: Analytical engine
Date: Tue, 31 Mar 2026 23:30:00 -0500
Message-ID: <plain@example.test>
X-Mailer: Number Cruncher 1.0
DKIM-Signature: v=1; d=example.test; b=c2lnbmF0dXJl

The engine weaves algebraic
patterns. Version 42 is ok.
`,
  'encoded words': `From: =?utf-8?q?J=C3=BCrgen_M=C3=BCller?= <jm@example.test>
Subject: =?iso-8859-1?q?=C4rger_mit_der_Stra=DFe?=
 =?utf-8?b?IGluIEvDtmxu?=
Date: 1 Apr 26 09:00 GMT

plain body
`,
  'quoted-printable': `From: x@example.test
Subject: qp
MIME-Version: 1.0
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe aus K=F6ln, eine sehr lange Zei=
le ohne Ende
`,
  decomposed: `From: x@example.test
Subject: decomposed
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Scho\u0308ne Gru\u0308\u00dfe, caf\u00e9
`,
  base64: `From: x@example.test
Subject: =?UTF-8?B?${Buffer.from('日本語の件名').toString('base64')}?=
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

${Buffer.from('東京都に住んでいます。ガラス').toString('base64')}
`,
  html: `From: x@example.test
Subject: newsletter
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<html><head><style>.hidden { color: red }</style></head><body><p>W<b>ört</b>er &amp; B&uuml;cher</p></body></html>
`,
  attachment: `From: x@example.test
Subject: see attachment
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

look
--b
Content-Type: application/pdf; name="=?utf-8?q?Rechnung_M=C3=A4rz=2Epdf?="
Content-Transfer-Encoding: base64

JVBERi0x
--b
Content-Type: message/rfc822

From: inner@example.test
Subject: forwarded inside

inner text
--b--
`,
} as const

/** The name of one of them. */
export type SearchedName = keyof typeof SEARCHED
