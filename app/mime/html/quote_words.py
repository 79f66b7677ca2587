"""The words by which quoted mail is recognised, in the languages mail programs speak.

Pure tables: who-wrote-when lines, header names of quoted messages, phone signatures.
"""

from __future__ import annotations

import re

_WROTE = (
    "wrote|writes|schrieb|schrieben|schreibt|geschrieben|geschreven|schreef|écrit|ecrit|escribió|"
    "escribio|escribiu|escreveu|ha scritto|scrisse|skrev|skrifaði|kirjoitti|kirjutas|napisał|"
    "napisała|napisał\\(a\\)|napisal|napsal|napsala|napsal\\(a\\)|napísal|napísal\\(a\\)|napisao|"
    "napisala|je napisal|piše|написал|написала|написал\\(а\\)|писал|писала|писал\\(а\\)|пишет|пише|"
    "написав|написала|напісаў|написа|έγραψε|a scris|yazdı|yazmış|şunu yazdı|írta|rašė|rakstīja|"
    "va escriure|idatzi|menulis|đã viết|viết|כתב|כתבה|كتب|كتبت|เขียน|写道|寫道|写到|のメール|"
    "書きました|さんは書きました|작성|님이 작성"
)
WROTE = re.compile(rf"(?<!\w)(?:{_WROTE})(?!\w)|写道|寫道|書きました|작성", re.IGNORECASE)

LEAD = re.compile(
    r"[-\s]*(?:on|am|le|el|il|op|den|em|dnia|w dniu|dne|dňa|at|in data|il giorno|no dia|à|a|"
    r"pe|pada|vào|στις|в|от|у|il y a|päivämäärä|tarihinde|em data|de|fra|från|von|from|el día)\b",
    re.IGNORECASE,
)

_HEADERS = (
    "from|to|cc|bcc|sent|date|subject|reply[- ]to|importance|priority|attachments|sender|"
    "sent on|received|organization|message-id|"
    "von|an|gesendet|datum|betreff|kopie|antwort an|wichtigkeit|gesendet am|anlagen|"
    "de|à|a|envoyé|envoyé le|envoye|objet|répondre à|copie|date d'envoi|"
    "para|enviado|enviado el|enviado por|enviado em|enviada|enviada em|fecha|asunto|assunto|"
    "data|responder a|con copia|da|inviato|inviato il|oggetto|per|rispondi a|"
    "van|aan|verzonden|onderwerp|verstuurd|beantwoorden|"
    "från|skickat|till|ämne|fra|sendt|til|emne|dato|kopi|svar til|"
    "lähettäjä|lähetetty|vastaanottaja|aihe|päiväys|"
    "od|do|wysłano|wysłane|temat|odesláno|komu|předmět|kopia|predmet|odoslané|zadeva|poslano|"
    "feladó|címzett|tárgy|küldve|elküldve|dátum|"
    "от|кому|дата|отправлено|тема|копия|від|надіслано|до|відправлено|"
    "gönderen|kimden|kime|konu|tarih|gönderildi|bilgi|"
    "de la|către|subiect|trimis|de a|από|προς|θέμα|ημερομηνία|στάλθηκε|"
    "发件人|收件人|抄送|主题|主旨|发送时间|发送日期|日期|时间|寄件者|收件者|寄件人|副本|傳送日期|"
    "差出人|宛先|件名|送信日時|送信者|日付|보낸 사람|보낸사람|받는 사람|받는사람|제목|날짜|보낸 날짜"
)
HEADER = re.compile(rf"\s*[*_]{{0,2}}(?:{_HEADERS})\s?[*_]{{0,2}}\s?[:：]", re.IGNORECASE)

# "Sent from my phone" and its like, as far as whole lines.
_DEVICE = (
    r"(?:i-?phone|i-?pad|i-?pod|phone|mobile|cell|android|samsung|galaxy|blackberry|htc|nokia|"
    r"xperia|huawei|xiaomi|redmi|pixel|tablet|smartphone|handy|windows|outlook|mail|mailbox|yahoo|"
    r"gmail|airmail|proton\s?mail|spark|newton|nine|aqua mail|device|mac|pc|laptop|ti-\d+|"
    r"telefon|téléphone|portable|móvil|celular|cellulare|mobiel|mobiltelefon|mobilgerät|"
    r"мобильного|устройства|телефона)"
)
SIGNATURE = re.compile(
    r"\s*[<(\[*_]{0,3}\s*(?:"
    r"sent (?:from|via|with|by|using|on) .{0,120}"
    rf"|(?:\w+ )?from (?:my |a |an )?{_DEVICE}\b.{{0,30}}"
    r"|get \[?outlook for .{0,80}"
    r"|(?:envoyé|envoye) (?:depuis|de|à partir de|avec|par|via) .{0,80}"
    r"|von mein\w* .{0,60} gesendet"
    r"|diese nachricht wurde von mein\w* .{0,80} gesendet"
    r"|gesendet (?:von|mit|über|aus) .{0,60}"
    r"|enviad[oa] (?:desde|do|da|de|a partir|con|com|via|pelo|por) .{0,60}"
    r"|inviato (?:da|dal|con|tramite) .{0,60}"
    r"|(?:verzonden|verstuurd) (?:vanaf|met|via|van|vanuit) .{0,60}"
    r"|sendt (?:fra|med|via) .{0,60}"
    r"|skickat (?:från|med|via) .{0,60}"
    r"|lähetetty .{0,60}"
    r"|(?:wysłane|wysłano) (?:z|za|przez) .{0,60}"
    r"|(?:odesláno|odoslané|poslano) (?:z|ze|zo|iz|mé|s) .{0,60}"
    r"|отправлено (?:с|из|от|через) .{0,60}"
    r"|(?:надіслано|відправлено) (?:з|із) .{0,60}"
    r"|trimis (?:de pe|din|cu) .{0,60}"
    r"|.{0,40}(?:cihazımdan|iphone'umdan|telefonumdan) gönderildi"
    r"|從我的 ?.{1,30}傳送|从我的 ?.{1,30}发送|发自我的 ?.{1,30}|發自我的 ?.{1,30}"
    r"|.{1,20}から送信|나의 .{1,20}에서 보냄"
    r"|download outlook for .{0,60}"
    r")\s*[>)\]*_.]{0,3}\s*",
    re.IGNORECASE,
)

FORWARDED = re.compile(
    r"\s*(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail)|"
    r"début du (?:message|e-mail) (?:transféré|réexpédié)|inicio del mensaje reenviado|"
    r"inizio messaggio inoltrato|begin doorgestuurd bericht|início da mensagem "
    r"(?:re)?encaminhada|vidarebefordrat brev|videresendt (?:melding|besked)|"
    r"początek przekazywanej wiadomości|начало переадресованного сообщения)\s?:?\s*",
    re.IGNORECASE,
)
