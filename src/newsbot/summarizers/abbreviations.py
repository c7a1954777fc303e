# ruff: noqa: RUF001  letters of other scripts are the data
"""Stops that end no sentence, language by language: of abbreviations, ordinals and initials.

In doubt the text stays together (`boundaries`). English has its own rules there: sentencex knows it best.
"""

from typing import NamedTuple

import regex

__all__ = ["stops_inside"]


class _Table(NamedTuple):
    """``titles``: something always follows.

    ``ends``: a sentence may end there too, and then one of ``starters`` follows.
    """

    titles: frozenset[str]
    ends: frozenset[str]
    starters: frozenset[str]


def _table(titles: str, ends: str, starters: str) -> _Table:
    return _Table(frozenset(titles.split()), frozenset(ends.split()), frozenset(starters.split()))


_TABLES = {
    "de": _table(
        """Dr Prof Dipl Ing Mag Hr Hrn Fa Gebr Nr Nrn St Msgr Hl hl Art Abs Kap Ziff Abb Tab Bsp gem lt
        Lt vgl Vgl bzw rd ca Ca zzgl inkl exkl einschl ggf Ggf evtl Evtl sog insb insbes geb verh
        Univ z.B Z.B d.h D.h i.d.R o.g Frhr Hptm Oberstlt Rd Nds""",
        """Mio Mrd Tsd Std Min Sek Str str Jh Jhd Jhdt Chr Fr Mo Di Mi Do Sa So max min Jan Feb Apr Aug
        Sep Sept Okt Nov Dez u.a o.ä usw etc a.D""",
        """der die das dem den des ein eine einer eines einem einen er sie es wir ich ihr man und aber
        doch auch so dann da dort hier im in am an auf aus bei beim mit nach von vom zu zum zur für
        um über unter vor wegen während nun jetzt heute gestern morgen nicht kein keine diese dieser
        dieses diesen diesem sein seine ihre ihren seinen wer was wie wo wann warum als wenn weil
        obwohl ob seit bis durch gegen ohne trotz laut zwar damit dazu dabei danach daher deshalb
        dafür allerdings jedoch außerdem zudem zuvor später viele alle mehr insgesamt neben zwischen
        rund etwa mehrere einige""",
    ),
    "fr": _table(
        """M MM Mme Mmes Mlle Mlles Mgr Me Pr Dr Drs St Ste Sté bd Bd boul av Av art Art Arts env Env
        cf Cf chap Chap p pp vol fig no No apr ex tél gén Gén col Col Lt lt Cdt éd réf hab. dép adj""",
        "Cie etc al hab janv févr fév avr juil sept oct nov déc J.-C S.A",
        """le la les l un une des du de il elle ils elles on nous vous je ce cette ces cet c son sa ses
        leur leurs mais et ou donc or en dans à au aux pour par sur avec sans selon après avant
        depuis lors d qui que quand si tout tous toutes plus pas deux trois ainsi puis alors aussi
        sous entre chez quelque quelques""",
    ),
    "it": _table(
        """sig Sig sigg Sigg sig.ra dott Dott dott.ssa avv Avv on On prof Prof prof.ssa ing Ing geom
        arch rag dr Dr mons Mons gen Gen col Col cap Cap ten Ten n N nn art Art artt pag pagg ca S
        SS cfr Cfr fig vol tel p.zza""",
        "a.C d.C S.p.A S.r.l ecc etc gen febb feb mar apr mag giu lug ago sett set ott nov dic",
        """il lo la i gli le l un uno una del della dei delle è ha in nel nella al alla a da dal con
        per su sul tra fra di che chi non ma e o anche così poi dopo prima quando se secondo ieri
        oggi si sono questo questa quel quella ora però intanto due tre""",
    ),
    "nl": _table(
        """dhr Dhr mevr Mevr mw Mw dr Dr drs Drs prof Prof ir Ir ing Ing mr Mr nr Nr nrs blz art Art ca
        Ca o.a m.b.v d.w.z bijv Bijv o.l.v St ds Ds m.n resp""",
        "N.V B.V jl a.s enz etc e.d jan feb mrt apr aug sept okt nov dec Chr",
        """de het een dat die dit deze hij zij ze we wij ik er en maar ook dus dan daar hier in op aan
        uit bij met na van voor om over onder tegen door zonder volgens niet geen zijn haar hun wie
        wat hoe waar wanneer waarom als toen omdat vandaag gisteren morgen nu al twee drie""",
    ),
    "pt": _table(
        """Sr Sra Srs Sras Srta Dr Dra Drs Prof Profa Eng Exmo Exma Gov Pres Sen Min Gen Cel Cap Ten
        Sgt D Pe Av av n N art Art arts pág págs p vol fig tel Des""",
        "a.C d.C S.A Ltda Cia etc jan fev mar abr mai jun jul ago set out nov dez",
        """o a os as um uma do da dos das de em no na nos nas ao à por para com sem sobre entre após
        até desde ele ela eles elas eu nós e mas ou que quem quando se não foi é também já segundo
        ontem hoje esse essa este esta isso dois duas três""",
    ),
    "es": _table(
        """Sr Sra Srta Sres Sras Dr Dra Dres D Dña Mons Fr Excmo Excma Ilmo Ilma Rvdo Lic Ing Arq Gral
        Cnel Cmdte Pdte Pdta Prof Profa Sto Sta S Av Avda pág págs cap art Art arts núm núms vol fig
        aprox máx mín tel p.ej""",
        "Ud Uds Vd Vds a.C d.C S.A Cía etc ene feb mar abr may jun jul ago sep sept oct nov dic",
        """el la los las un una unos unas lo al del de en por para con sin sobre entre tras hasta desde
        según él ella ellos ellas su sus y e o pero que quien cuando si no es fue se ya hoy ayer
        este esta ese esa esto eso también además dos tres más""",
    ),
    "ru": _table(
        "табл гр тов обл наб пос дер корп кв тел зам Зам ген Ген проц",
        "им янв февр фев апр авг сент окт нояб дек",
        """в во на с со к ко по о об от до из за у для при после он она они оно это этот эта эти и а но
        или что кто как когда где если не ни так также тогда там здесь его её их все всё мы я вы
        потом затем однако позже""",
    ),
    "pl": _table(
        "dr prof mgr inż ul św im al nr art ust pkt tzw np m.in gen płk ks Dr Ks", "tys mln mld zł", ""
    ),
    "cs": _table("dr Ing Mgr Bc JUDr MUDr č čl odst sv ul tzv např gen prof Dr", "tis mil mld", ""),
    "id": _table("Dr Ir Drs Dra Prof Jl No Hj Tn Ny H", "", ""),
    "sv": _table("t.ex bl.a d.v.s s.k nr dr prof", "kl", ""),
    "da": _table("f.eks bl.a dvs nr dr prof ca", "kl", ""),
    "nb": _table("f.eks bl.a dvs nr dr prof ca", "kl", ""),
}
_TAIL = 30  # characters in which the last two words are found

_PARTS = regex.compile(r"['’-]")
_MILLIONS = regex.compile(r"\d\s*M\.$")
_WORD = regex.compile(r"\w+")
_OPENING = "(«„“\"'‘’[–—-"
_INITIAL = regex.compile(r"(?:^|(?P<before>\S+)\s|[(«„“\"'’-])\p{Lu}\.$")
_PHRASE = regex.compile(r"(?<!\p{L})т\.\s?[енк]\.$")  # Russian: that is, so-called, as
_ORDINAL = regex.compile(r"(?:^|(?P<before>\S+)\s)(?:\d{1,3}|[IVX]+)\.$")
_GOVERNORS = frozenset(
    """der die das dem den des im am vom zum zur beim ins ans ein eine einen einem einer eines jede jeder
    jedes jeden jedem sein seine seinen seinem seiner seines ihr ihre ihren ihrem ihrer ihres mein meine unser
    unsere dieser dieses diesem diesen diese kein keine keinen""".split()  # noqa: SIM905  reads as the list it is
)
_COUNTED = regex.compile(
    r"(?:Jan(?:uar|\.)|Feb(?:ruar|\.)|Jänner|März|Apr(?:il|\.)|Mai|Juni?|Juli?|Aug(?:ust|\.)|Sept?(?:ember|\.)"
    r"|Okt(?:ober|\.)|Nov(?:ember|\.)|Dez(?:ember|\.)|Jahrhundert|Jahrtausend|Quartal|Platz|Runde|Halbzeit|Weltkrieg"
    r"|(?:Bundes|Regional|Kreis|Landes|Ober)?[Ll]iga|Stock|Obergeschoss|Klasse|Advent|Geburtstag|Spieltag|Minute"
    r"|Lebensjahr|Etage|Auflage|Stelle)"
)


def stops_inside(end: str, piece: str, language: str) -> bool:
    """Say whether a sentence goes on behind the stop at ``end`` with ``piece``.

    ``language`` is an ISO 639-1 code.
    """
    table = _TABLES.get(language)
    if table is None or end[-1] != "." or not piece[0].isalnum():
        return False
    tail = end[-_TAIL:]
    word = tail.rsplit(maxsplit=1)[-1].lstrip(_OPENING).rstrip(".")
    forms = {word, word[:1].lower() + word[1:], *_PARTS.split(word)[-1:]}
    if not table.titles.isdisjoint(forms):
        return not (word == "M" and _MILLIONS.search(tail))  # of millions
    starts = _WORD.match(piece)[0].lower() in table.starters
    if not table.ends.isdisjoint(forms):
        return not starts
    initial = _INITIAL.search(tail)
    if initial and piece[0].isupper():
        before = initial["before"] or ""
        return not (starts and before[:1].islower())
    if language == "ru":
        return _PHRASE.search(tail) is not None
    return language == "de" and not starts and piece[0].isupper() and _is_ordinal(tail, piece)


def _is_ordinal(tail: str, piece: str) -> bool:
    """Say whether a German number counts what follows: "der 2. Weltkrieg", "Bis 13. September"."""
    found = _ORDINAL.search(tail)
    if not found:
        return False
    return (found["before"] or "").lower() in _GOVERNORS or _COUNTED.match(piece) is not None
