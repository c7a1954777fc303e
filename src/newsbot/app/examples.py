"""The article that `check` shows on each channel: made up, with a photo and tags, in the channel's language."""

# ruff: noqa: E501, RUF001  a paragraph is one line; Urdu, Arabic and Japanese have their own characters

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from newsbot.model import Article, Image

__all__ = ["example"]


class _Words(NamedTuple):
    title: str
    text: str
    author: str
    alt: str
    tags: tuple[str, ...]


_WORDS: Mapping[str, _Words] = {
    "en": _Words(
        "Council approves tram line to the harbour & new night buses",
        "The city council approved a tram line from the main station to the harbour on Tuesday.\n\n"
        "Construction will begin in March and cost 410 million euros, the mayor's office said. "
        "Four new night buses will start in January.\n\n"
        "Residents had asked for the line for eleven years.",
        "A. Reporter",
        "A tram at the harbour",
        ("Transport", "City council"),
    ),
    "ur": _Words(
        "کونسل نے بندرگاہ تک ٹرام لائن اور رات کی نئی بسوں کی منظوری دے دی",
        "سٹی کونسل نے منگل کو مرکزی اسٹیشن سے بندرگاہ تک ٹرام لائن کی منظوری دے دی۔\n\n"
        "میئر کے دفتر کے مطابق تعمیر مارچ میں شروع ہوگی اور اس پر 41 کروڑ یورو لاگت آئے گی۔ "
        "رات کی چار نئی بسیں جنوری سے چلیں گی۔\n\n"
        "شہری گیارہ سال سے اس لائن کا مطالبہ کر رہے تھے۔",
        "نامہ نگار",
        "بندرگاہ پر ایک ٹرام",
        ("ٹرانسپورٹ", "سٹی کونسل"),
    ),
    "ar": _Words(
        "المجلس البلدي يوافق على خط ترام إلى الميناء وحافلات ليلية جديدة",
        "وافق المجلس البلدي يوم الثلاثاء على خط ترام من المحطة الرئيسية إلى الميناء.\n\n"
        "وقال مكتب رئيس البلدية إن البناء سيبدأ في مارس وسيكلف 410 ملايين يورو. "
        "وستبدأ أربع حافلات ليلية جديدة العمل في يناير.\n\n"
        "وكان السكان يطالبون بالخط منذ أحد عشر عاما.",
        "مراسلنا",
        "ترام عند الميناء",
        ("النقل", "المجلس البلدي"),
    ),
    "es": _Words(
        "El pleno aprueba una línea de tranvía al puerto y nuevos autobuses nocturnos",
        "El pleno municipal aprobó el martes una línea de tranvía desde la estación central hasta el puerto.\n\n"
        "Las obras empezarán en marzo y costarán 410 millones de euros, según la alcaldía. "
        "Cuatro nuevos autobuses nocturnos circularán desde enero.\n\n"
        "Los vecinos pedían la línea desde hacía once años.",
        "Una redactora",
        "Un tranvía en el puerto",
        ("Transporte", "Ayuntamiento"),
    ),
    "ja": _Words(
        "市議会、港への路面電車と夜間バスの新設を承認",
        "市議会は火曜日、中央駅から港までの路面電車の路線を承認した。\n\n"
        "市長室によると、工事は三月に始まり、費用は4億1000万ユーロの見込み。"
        "新しい夜間バス四路線は一月に運行を始める。\n\n"
        "住民は十一年前から路線の建設を求めていた。",
        "本紙記者",
        "港の路面電車",
        ("交通", "市議会"),
    ),
    "de": _Words(
        "Stadtrat beschließt Straßenbahn zum Hafen und neue Nachtbusse",
        "Der Stadtrat hat am Dienstag eine Straßenbahn vom Hauptbahnhof zum Hafen beschlossen.\n\n"
        "Der Bau beginnt im März und kostet 410 Millionen Euro, wie das Büro der Bürgermeisterin mitteilte. "
        "Vier neue Nachtbusse fahren ab Januar.\n\n"
        "Anwohner hatten die Linie elf Jahre lang gefordert.",
        "Eine Reporterin",
        "Eine Straßenbahn am Hafen",
        ("Verkehr", "Stadtrat"),
    ),
    "fr": _Words(
        "Le conseil approuve un tramway vers le port et de nouveaux bus de nuit",
        "Le conseil municipal a approuvé mardi une ligne de tramway de la gare centrale au port.\n\n"
        "Les travaux commenceront en mars et coûteront 410 millions d'euros, selon la mairie. "
        "Quatre nouveaux bus de nuit circuleront à partir de janvier.\n\n"
        "Les habitants demandaient la ligne depuis onze ans.",
        "Notre journaliste",
        "Un tramway au port",
        ("Transports", "Conseil municipal"),
    ),
}


def example(language: str) -> Article:
    """The article in a language (two letters of ISO 639-1); in English where there is none in it."""
    spoken = language if language in _WORDS else "en"
    words = _WORDS[spoken]
    return replace(
        _ARTICLE,
        title=words.title,
        text=words.text,
        author=words.author,
        language=spoken,
        image=Image("https://example.org/2026/tram.jpg", words.alt),
        tags=words.tags,
        categories=words.tags[:1],
    )


_ARTICLE = Article(guid="example", url="https://example.org/2026/tram-line-seven", text="")
