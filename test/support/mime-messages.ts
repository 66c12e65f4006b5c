/** Messages as programs make them, written for the tests; each line ends with CRLF. */
export const MIME_MESSAGES: Readonly<Record<string, string>> = withCrlf({
  'a plain text': `Date: Mon, 2 Jan 2006 15:04:05 -0700
From: Ada Example <ada@example.test>
To: "Babbage, Charles" <charles@example.test>, countess@example.test (The Countess)
Cc: engines: a@example.test, B C <b.c@example.test>;, undisclosed-recipients:;
Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= and
 a second line
Message-ID: <1@example.test>
In-Reply-To: <0@example.test>

One line.
Two lines.
`,

  'no MIME fields and no body': `From: ada@example.test
Subject: nothing

`,

  'fields that stand there twice': `From: ada@example.test
From: charles@example.test
To: a@example.test
To: b@example.test
Subject: one
Subject: two
Message-ID: <1@example.test>
Message-ID: <2@example.test>
Date: Mon, 2 Jan 2006 15:04:05 -0700
Date: Tue, 3 Jan 2006 15:04:05 -0700
Content-Type: text/html; charset=utf-8
Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: 8bit
Content-Transfer-Encoding: base64

text
`,

  'folded fields': `From: Ada
	Lovelace
  <ada@example.test>
To: "Ada
 Lovelace" <ada@example.test>
Subject:
	one
	two 	three
Date: Mon,
  2 Jan 2006 15:04:05 -0700 (a comment)
References: <1@example.test>
 <2@example.test>
In-Reply-To: <1@example.test>
	<2@example.test>

text
`,

  'octets without a charset': `From: "Caf\xe9 \xfc" <caf\xe9@example.test>
To: =?iso-8859-1?Q?Caf=E9?= Bar <a@example.test>
Subject: gr\xfc\xdfe "quoted" back\\slash
Content-Type: application/x; name="\xfc.txt"
Content-Description: \xfc

text
`,

  'addresses in many forms': `From: "A" "B" C.D. <a.b@example.test> (comment)
Sender: "a b"@example.test
Reply-To: a@[127.0.0.1], (one) b@example.test (two)
To: Group One: "x; y" <x@example.test>, z@example.test;, J. R. R. Q <j@example.test>
Cc: Empty:;, <only@example.test>, a . b @ example . test
Bcc: =?utf-8?B?w7w=?= =?utf-8?B?w7w=?= <u@example.test>, 'single' <s@example.test>

text
`,

  'addresses that are none': `From: nobody
Sender:
Reply-To: <>
To: a@example.test; b@example.test
Cc: first last, <missing@example.test, @example.test
Bcc: "unclosed <u@example.test>

text
`,

  'a text in format=flowed': `From: ada@example.test
Sender: "The \\"Secretary\\"" <office@example.test>
Reply-To: <@relay.test,@other.test:ada@example.test>
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"; format=flowed; delsp=yes
Content-Transfer-Encoding: Quoted-Printable
Content-Language: de, en-GB
Content-ID: <part@example.test>
Content-Description: A text (really)
Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==
Content-Location: http://example.test/a
Content-Disposition: inline

Gr=C3=BC=C3=9Fe=
 aus Berlin
`,

  'Outlook: alternative in related in mixed': `From: "Ada" <ada@example.test>
To: <charles@example.test>
Subject: Picture and report
MIME-Version: 1.0
Content-Type: multipart/mixed;
	boundary="----=_NextPart_000_0001_01D00000.00000000"
X-Mailer: Microsoft Outlook 16.0
Content-Language: en-us

This is a multipart message in MIME format.

------=_NextPart_000_0001_01D00000.00000000
Content-Type: multipart/related;
	boundary="----=_NextPart_001_0002_01D00000.00000000"

------=_NextPart_001_0002_01D00000.00000000
Content-Type: multipart/alternative;
	boundary="----=_NextPart_002_0003_01D00000.00000000"

------=_NextPart_002_0003_01D00000.00000000
Content-Type: text/plain;
	charset="us-ascii"
Content-Transfer-Encoding: 7bit

See the picture.

------=_NextPart_002_0003_01D00000.00000000
Content-Type: text/html;
	charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

<html><body>See the <b>picture</b>.<img =
src=3D"cid:image001.png@01D00000.00000000"></body></html>

------=_NextPart_002_0003_01D00000.00000000--

------=_NextPart_001_0002_01D00000.00000000
Content-Type: image/png;
	name="image001.png"
Content-Transfer-Encoding: base64
Content-ID: <image001.png@01D00000.00000000>

iVBORw0KGgo=

------=_NextPart_001_0002_01D00000.00000000--

------=_NextPart_000_0001_01D00000.00000000
Content-Type: application/vnd.openxmlformats-officedocument.wordprocessingml.document;
	name="Report 1.docx"
Content-Transfer-Encoding: base64
Content-Disposition: attachment;
	filename="Report 1.docx"; size=12

UEsDBBQABgAI

------=_NextPart_000_0001_01D00000.00000000--

`,

  'related in alternative': `From: ada@example.test
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="Apple-Mail=_1"

--Apple-Mail=_1
Content-Type: text/plain; charset=utf-8

text
--Apple-Mail=_1
Content-Type: multipart/related; type="text/html"; boundary="Apple-Mail=_2"

--Apple-Mail=_2
Content-Type: text/html; charset=utf-8

<p>text</p>
--Apple-Mail=_2
Content-Type: image/gif; x-unix-mode=0644; name=a.gif
Content-Disposition: inline; filename=a.gif
Content-Id: <a@example.test>

GIF89a
--Apple-Mail=_2--

--Apple-Mail=_1--
`,

  signed: `From: ada@example.test
MIME-Version: 1.0
Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="sig"

This is an S/MIME signed message

--sig
Content-Type: text/plain

signed text

--sig
Content-Type: application/pkcs7-signature; name="smime.p7s"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="smime.p7s"

MIIBAAAA
--sig--
`,

  encrypted: `From: ada@example.test
MIME-Version: 1.0
Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename=smime.p7m

MIIBAAAA
`,

  'winmail.dat': `From: ada@example.test
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="_000_1_"

--_000_1_
Content-Type: text/plain; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

caf=E9

--_000_1_
Content-Type: application/ms-tnef; name="winmail.dat"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="winmail.dat"

eJ8+IgAA

--_000_1_--
`,

  'an invitation': `From: ada@example.test
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="_cal_"

--_cal_
Content-Type: text/plain; charset="utf-8"

When: now
--_cal_
Content-Type: text/calendar; charset="utf-8"; method=REQUEST
Content-Transfer-Encoding: base64

QkVHSU46VkNBTEVOREFS
--_cal_--
`,

  'a message in a message in a message': `From: ada@example.test
Subject: Fwd: Fwd: deep
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

--outer

See below.
--outer
Content-Type: message/rfc822
Content-Disposition: attachment; filename="deep.eml"

From: charles@example.test
To: ada@example.test
Subject: Fwd: deep
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=inner

--inner
Content-Type: text/html

<p>second</p>
--inner
Content-Type: message/rfc822

Date: Tue, 3 Jan 2006 15:04:05 +0000
From: deep@example.test
Subject: deep
Message-ID: <deep@example.test>

third
line
--inner--
--outer
Content-Type: text/plain; name=last.txt

last
--outer--
the end
`,

  'a message alone in a message': `From: ada@example.test
MIME-Version: 1.0
Content-Type: message/rfc822

From: inner@example.test
Subject: inner

text
`,

  'a delivery status': `From: Mail Delivery System <MAILER-DAEMON@example.test>
To: ada@example.test
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="B0F1.1136214245/example.test"

This is a MIME-encapsulated message.

--B0F1.1136214245/example.test
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

It could not be delivered.

--B0F1.1136214245/example.test
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; example.test

Final-Recipient: rfc822; x@example.test
Action: failed
Status: 5.1.1

--B0F1.1136214245/example.test
Content-Description: Undelivered Message
Content-Type: message/rfc822

From: ada@example.test
Subject: lost

where
--B0F1.1136214245/example.test--
`,

  'a digest': `From: list@example.test
MIME-Version: 1.0
Content-Type: multipart/digest; boundary="next"

--next

From: a@example.test
Subject: one

1
--next
Content-Type: text/plain

not a message
--next

From: b@example.test
Subject: two

2
--next--
`,

  'continued and encoded parameters': `From: ada@example.test
MIME-Version: 1.0
Content-Type: application/pdf; name="=?utf-8?Q?=C3=BC.pdf?="
Content-Disposition: attachment;
	filename*0*=utf-8''%C3%BC%20;
	filename*1="b c";
	filename*2*=.pdf
Content-Transfer-Encoding: BASE64

JVBERg==
`,

  'continued parameters without a charset': `From: ada@example.test
MIME-Version: 1.0
Content-Type: message/external-body; access-type=URL;
	URL*0="ftp://";
	URL*1="example.test/a"

Content-Type: image/jpeg

`,

  'boundaries that begin alike': `From: ada@example.test
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=abc

--abc
Content-Type: multipart/mixed; boundary=abc-def

--abc-def

one
--abc-def--
--abc
Content-Type: multipart/mixed; boundary=ab

--ab

two
--ab--
--abc--
`,

  'no closing boundary': `From: ada@example.test
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=abc

--abc
Content-Type: multipart/alternative; boundary=def

--def

one
--abc

two
`,

  'empty parts': `From: ada@example.test
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=abc

--abc

--abc
Content-Type: text/html

--abc


--abc--
`,
})

function withCrlf(messages: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(messages).map(([name, text]) => [name, text.replaceAll('\n', '\r\n')]))
}
