"""What stands in an article's place or in its way: forms, checks, error pages and offers to subscribe."""

from __future__ import annotations

import re

from corpus.said import NOTHING, Said


def obstacle(text: str) -> Said:
    """What ``text`` (white space collapsed) puts in the reader's way; empty if nothing.

    Only for titles, single paragraphs and pages without an article: an article may speak of cookies too.
    """
    return next((reason for reason, signs in _OBSTACLES if signs.search(text)), NOTHING)


def offers_subscription(text: str) -> bool:
    """Whether ``text`` (white space collapsed) says that the rest is for subscribers."""
    return _OFFER.search(text) is not None


def leads_on(text: str) -> bool:
    """Whether ``text`` (white space collapsed) is only the link to the whole article."""
    return _LEADS_ON.fullmatch(text) is not None


def _any(table: str) -> re.Pattern[str]:
    return re.compile("|".join(line.strip() for line in table.strip().splitlines()), re.IGNORECASE)


_OBSTACLES = (
    (
        Said("wants JavaScript, which is not run here"),
        _any(
            r"""
            (?:enable|activate|requires?|turn on|needs?) javascript
            javascript (?:is|must be|has been) (?:required|disabled|enabled|turned|not)
            javascript (?:aktivieren|deaktiviert)|(?:activer|habilit\w+(?: el| o)?) javascript
            browser (?:does not|doesn.t) support javascript
            """
        ),
    ),
    (
        Said("asks whether we are human: the site refuses bots"),
        _any(
            r"""
            ^just a moment|^attention required|checking (?:if the site connection|your browser)
            (?:verify|confirm|prove|check)\w* (?:that |if )?you(?: are|.re) (?:a |not a )?(?:human|robot)
            are you a (?:robot|human)|captcha|unusual (?:traffic|activity) from
            access (?:to this page )?(?:is |has been )?denied|pardon our interruption|ddos protection
            request (?:was |has been )?blocked|performing a security check
            """
        ),
    ),
    (
        Said("is a cookie or consent form, behind which the article is kept"),
        _any(
            r"""
            \bcookies?\b.{0,300}\b(?:accept|agree|consent|preferences|settings|policy|manage)
            \b(?:accept|consent|agree)\b.{0,200}\bcookies?\b|we value your privacy
            verwende\w* (?:wir )?cookies|cookies.{0,80}(?:akzeptieren|zustimmen)
            utilis\w+ des cookies|cookies.{0,80}accepter|(?:usa|utiliza)mos cookies|cookies.{0,80}aceptar
            our partners (?:store|process|use)|legitimate interests?\b
            """
        ),
    ),
    (
        Said("asks for a login"),
        _any(
            r"""
            ^.{0,60}\b(?:log|sign) in to (?:continue|read|view|see|your)
            you (?:must|need to) (?:be logged in|log in|sign in)
            """
        ),
    ),
    (
        Said("is an error page: the site has nothing at this address"),
        _any(
            r"""
            page (?:was |could ?n.t be |cannot be |can.t be |is )?not found
            page (?:can.t|cannot|could not) be found|\b404 error|error 404|^404\b
            page .{0,40}no longer (?:exists|available)
            seite (?:wurde )?nicht gefunden|page introuvable|página no encontrada
            """
        ),
    ),
)
_OFFER = _any(
    r"""
    (?:subscribe|sign up|register|log in|join)\b.{0,40}\b(?:to|and) (?:continue|keep|read|unlock|get|access)
    (?:to|want to) (?:continue|keep|read)\w*\b.{0,40}\b(?:subscri|account|trial)
    (?:continue|keep) reading (?:with|by|for)\b|you have (?:reached|used|read) .{0,40}(?:limit|free articles)
    (?:this|the full|the rest of this) (?:article|story|content|post) is (?:exclusive|only|reserved|locked)
    already (?:a |have a )?(?:subscri\w+|member)\b|for subscribers only|become a (?:member|subscriber)
    unlock (?:this|the full|unlimited)|premium[- ](?:article|content)
    start your (?:free )?(?:trial|subscription)
    abonnent\w* (?:lesen|vorbehalten)|jetzt (?:weiterlesen|abonnieren)|mit .{0,30}abo weiterlesen
    réservé (?:aux|à nos) abonnés|para (?:suscriptores|abonados)|riservato agli abbonati
    """
)
_LEADS_ON = _any(
    r"""
    the post .{1,300} appeared first on .{1,100}
    (?:continue reading|read (?:more|on|the full|the rest)|more|weiterlesen|lire la suite|leer más)\b.{0,120}
    """
)
