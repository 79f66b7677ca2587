"""What people forget and what providers refuse: words that speak of a file, blocked file types. Pure."""

from __future__ import annotations

import re

from app.domain.account import ProviderKind

_WORDS = """
attached attachment attachments attaching enclosed enclosing
anbei angehängt angehängte angehängten angehängtes anhang anhänge anhängend beigefügt beigefügte
beigefügten beigefügtes beiliegend beiliegende beiliegenden
ci-joint ci-jointe ci-joints ci-jointes
adjunto adjunta adjuntos adjuntas adjuntamos adjuntado adjuntada
allegato allegata allegati allegate allego alleghiamo
anexado anexada anexados anexadas anexei
bijlage bijlagen bijgevoegd bijgevoegde bijgesloten
bifogat bifogad bifogade bifogar bilaga bilagan bilagor
vedhæftet vedhæftede vedhæfter vedlagt vedlagte vedlegg vedlegger
liitteenä liitteessä liitetiedosto oheisena
załącznik załączniku załączniki załącznikach załączam załączamy
příloha příloze přílohu přikládám přiložen přiložený príloha prílohe prílohu prikladám
csatolt csatolva csatolom mellékelten mellékelem mellékletben
atașat atașată ataşat anexez
вложение вложении вложения прилагаю прилагаем приложен прикрепил прикрепила прикрепляю
вкладення вкладенні додаю прикріпив прикріпила
ekte ekteki ekliyorum
συνημμένο συνημμένα συνημμένη επισυνάπτω
מצורף מצורפת מצורפים
مرفق المرفق مرفقات المرفقات مرفقة
संलग्न
"""
_PHRASES = (
    "i attach",
    "we attach",
    "als anlage",
    "in der anlage",
    "pièce jointe",
    "pièces jointes",
    "piece jointe",
    "pieces jointes",
    "en pj",
    "em anexo",
    "en anexo",
    "segue anexo",
    "seguem anexos",
    "w załączeniu",
)
# Written without spaces between words, or with endings glued on.
_PARTS = ("添付", "附件", "附檔", "随附", "隨附", "附上", "첨부")


def _pattern() -> re.Pattern[str]:
    phrases = (re.escape(phrase).replace(r"\ ", r"\s+") for phrase in _PHRASES)
    spelled = "|".join([*phrases, *map(re.escape, _WORDS.split())])
    return re.compile(rf"(?<!\w)(?:{spelled})(?!\w)|{'|'.join(_PARTS)}", re.IGNORECASE)


_SPEAKS_OF_FILE = _pattern()

# support.google.com/mail/answer/6590 "File types blocked in Gmail".
_GMAIL = frozenset(
    "ade adp apk appx appxbundle bat cab chm cmd com cpl diagcab diagcfg diagpkg dll dmg ex ex_ exe"
    " hta img ins iso isp jar jnlp js jse lib lnk mde mjs msc msi msix msixbundle msp mst nsh pif"
    " ps1 scr sct shb sys vb vbe vbs vhd vxd wsc wsf wsh xll".split()
)
# support.microsoft.com "Blocked attachments in Outlook".
_OUTLOOK = frozenset(
    "ade adp app application appref-ms asp aspx asx bas bat bgi cab cer chm cmd cnt com cpl crt csh"
    " der diagcab exe fxp gadget grp hlp hpj hta htc htr inf ins iso isp its jar jnlp js jse ksh lnk"
    " mad maf mag mam maq mar mas mat mau mav maw mcf mda mdb mde mdt mdw mdz msc msh msh1 msh2"
    " mshxml msh1xml msh2xml msi msp mst msu ops osd pcd pif pl plg prf prg printerexport ps1 ps1xml"
    " ps2 ps2xml psc1 psc2 psd1 psdm1 pst py pyc pyo pyw pyz pyzw reg scf scr sct shb shs theme tmp"
    " url vb vbe vbp vbs vhd vhdx vsmacros vsw webpnp website ws wsc wsf wsh xbap xll xnk".split()
)


def attachment_word(text: str) -> str:
    """Give the first word of the person's own text that speaks of a file; "" if none does.

    Quoted lines are another's words.
    """
    own = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(">"))
    found = _SPEAKS_OF_FILE.search(own)
    return found[0] if found else ""


def is_blocked_type(filename: str, provider: ProviderKind | None) -> bool:
    """Say whether a provider (None: any of them) refuses files of that name."""
    _, dot, ending = filename.rstrip(". ").lower().rpartition(".")
    if not dot:
        return False
    match provider:
        case ProviderKind.GMAIL:
            return ending in _GMAIL
        case ProviderKind.MICROSOFT:
            return ending in _OUTLOOK
        case None:
            return ending in _GMAIL or ending in _OUTLOOK
