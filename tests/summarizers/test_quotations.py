"""Direct speech has a speaker, as far as the words beside it name one."""

import pytest

from newsbot.summarizers.anaphora import find_tables
from newsbot.summarizers.quotations import speakers

NAMED = [
    ("en", "“We waited two years for this,” said Anna Reid, who runs a bakery.", "Anna Reid"),
    ("en", "“We waited two years for this,” the mayor said on Monday.", "the mayor"),
    ("en", "Smith said: “We have waited two years for this.”", "Smith"),
    ("en", "Anna Reid, who runs a bakery, said on Monday, “We have waited two years.”", "Anna Reid"),
    ("en", "According to Anna Reid, “the boat was full of bread on Monday”.", "Anna Reid"),
    ("en", "“My people had the money,” Mr. Tump recounted on Monday.", "Mr. Tump"),
    ("de", "„Wir haben zwei Jahre gewartet“, sagte Bürgermeisterin Anna Weber am Montag.",
     "Bürgermeisterin Anna Weber"),
    ("fr", "« Nous avons attendu deux ans », a déclaré M. Petit lundi.", "M. Petit"),
    ("es", "«Hemos esperado dos años», dijo el ministro Pérez el lunes.", "el ministro Pérez"),
    ("it", "«Abbiamo aspettato due anni», ha detto il sindaco Rossi.", "il sindaco Rossi"),
    ("pt", "“Esperamos dois anos por isso”, disse o ministro Lima.", "o ministro Lima"),
    ("ru", "«Мы ждали этого два года», — сказал мэр Иванов.", "мэр Иванов"),
    ("ur", "وزیر اعظم نے کہا کہ ’’ہم نے دو سال انتظار کیا ہے‘‘۔", "وزیر اعظم"),
    ("ar", "قال الوزير أحمد علي: «انتظرنا عامين كاملين من أجل هذا».", "الوزير أحمد علي"),
    ("hi", "मंत्री शर्मा ने कहा, “हमने दो साल तक इसका इंतजार किया।”", "मंत्री शर्मा"),
    ("ja", "田中市長は「二年間ずっと待っていました」と述べた。", "田中市長"),
    ("zh", "市长王明说：“我们等了整整两年。”", "市长王明"),
]  # fmt: skip
NOBODY = [
    ("en", "“We have waited two years,” he said."),
    ("en", "“We have waited two years for this.”"),
    ("de", "„Wir haben zwei Jahre gewartet“, sagte er."),
    ("fr", "« Nous avons attendu deux ans », a-t-il dit."),
]
NO_SPEECH = [
    ("en", "“The Lord of the Rings” was a hit, Smith said."),
    ("en", "She was voted off “Dancing with the Stars” on Monday."),
    ("en", "She spoke at the ‘2018 Welcome Harbour Days Festival’ on Monday."),
    ("en", "The mayor called it “a disgrace” on Monday."),
    ("en", "The players' union isn't in the town's hall."),
]


@pytest.mark.parametrize(("language", "sentence", "who"), NAMED)
def test_who_speaks_is_named(language: str, sentence: str, who: str) -> None:
    assert speakers("", [sentence], find_tables(language, sentence)) == {sentence: who}


@pytest.mark.parametrize(("language", "sentence"), NOBODY)
def test_a_pronoun_or_nobody_is_not_clear(language: str, sentence: str) -> None:
    assert speakers("", [sentence], find_tables(language, sentence)) == {sentence: ""}


@pytest.mark.parametrize(("language", "sentence"), NO_SPEECH)
def test_titles_and_phrases_are_no_speech(language: str, sentence: str) -> None:
    assert speakers("", [sentence], find_tables(language, sentence)) == {}


def test_a_headline_speaks_too() -> None:
    title = "Mayor: “We will rebuild the whole town”"
    assert speakers(title, [], find_tables("en", title)) == {title: "Mayor"}


def test_a_speaker_behind_several_sentences_is_theirs() -> None:
    sentences = ["“It was dark.", "We saw nothing at all,” said Tom Hale.", "Rain fell."]
    assert speakers("", sentences, find_tables("en", "")) == dict.fromkeys(sentences[:2], "Tom Hale")
