"""A headline's number that its text does not have is said; any other form of the same number is no alarm."""

import pytest

from newsbot.summarizers.numbers import find_differing_numbers

SAME = [
    ("en", "12 dead in crash", "At least 12 people died."),
    ("en", "Five things to know before the vote", "The vote is on Tuesday."),
    ("es", "Cinco claves del voto", "El voto es el martes."),
    ("en", "Twelve dead in crash", "12 people died on Monday."),
    ("en", "12 dead in crash", "Twelve people died."),
    ("en", "25 killed", "twenty-five people were killed"),
    ("en", "A dozen hurt in crash", "Twelve people were hurt."),
    ("en", "2.5 million march", "Some 2,500,000 people marched."),
    ("en", "2.5 million march", "Some 2,512,345 people marched."),
    ("en", "$2.5m deal", "a deal worth 2.5 million dollars"),
    ("en", "250,000 flee", "two hundred and fifty thousand fled"),
    ("en", "4% growth", "It grew by 4.2 percent."),
    ("en", "5 to 7 hurt", "between five and seven were hurt"),
    ("en", "Wild beat Sabres 4-1", "They won 4 to 1."),
    ("en", "Kickoff at 9:30", "It starts at 9.30 a.m."),
    ("en", "25th anniversary", "It began 25 years ago."),
    ("en", "12 people hurt in fire", "Twelve people, three of them children, were taken to hospital."),
    (
        "en",
        "Nine dead in attack",
        "Nine people, including four attackers, were killed; seven soldiers died later.",
    ),
    ("en", "1.5 lakh homes lost", "150,000 homes were lost."),
    ("en", "Rs19bn for dams", "The cabinet approved Rs19 billion for dams."),
    ("en", "PKR1,900 fine", "a fine of PKR 1,900"),
    ("en", "Rs 3 crore fine", "a fine of 30 million rupees"),
    ("de", "1.234 Fälle im Kreis", "Es gab 1234 Fälle."),
    ("de", "Fünfundzwanzig Tote", "25 Menschen starben."),
    ("de", "13 Tote bei Unfall", "Dreizehn Menschen starben."),
    ("fr", "25 morts dans un accident", "Vingt-cinq personnes sont mortes."),
    ("fr", "1 000 personnes évacuées", "Mille personnes ont été évacuées."),
    ("es", "Mueren 22 personas", "Veintidós personas murieron."),
    ("es", "3 mil millones de euros", "Son 3.000 millones de euros."),
    ("ur", "۱۲ افراد ہلاک", "حادثے میں 12 افراد ہلاک ہوئے۔"),
    ("ur", "12 افراد ہلاک", "حادثے میں بارہ افراد ہلاک ہوئے۔"),
    ("ar", "12 قتيلا في انفجار", "قتل ١٢ شخصا في الانفجار."),
    ("hi", "१२ लोग मरे", "12 लोग मरे।"),
    ("ja", "１２人死亡", "12人が死亡した。"),
    ("ja", "十二人死亡", "12人が死亡した。"),
    ("ja", "3億円の寄付", "300000000円を寄付した。"),
    ("ja", "2万5000人が避難", "二万五千人が避難した。"),
    ("en", "Voters back 50-50 split", "It is fifty-fifty."),
    ("en", "Team wins 3-1", "They won three goals to one, after 2-0 last week."),
    ("fr", "92 blessés", "Quatre-vingt-douze blessés."),
    ("fr", "71 cas", "Soixante et onze cas."),
    ("it", "Morti 21 migranti", "Ventuno migranti sono morti."),
    ("pt", "Chuva mata 14", "Quatorze pessoas morreram."),
    ("ru", "Погибли 12 человек", "Двенадцать человек погибли."),
    ("ar", "مقتل 15 شخصا", "قتل خمسة عشر شخصا."),
    ("ar", "٢٥ قتيلا", "قتل خمسة وعشرون شخصا."),
    ("hi", "15 की मौत", "पंद्रह लोगों की मौत।"),
    ("ur", "3 لاکھ 40 ہزار افراد متاثر", "سیلاب سے 3,40,000 افراد متاثر ہوئے۔"),
    ("ur", "۳ لاکھ ۴۰ ہزار افراد متاثر", "سیلاب سے تین لاکھ چالیس ہزار افراد متاثر ہوئے۔"),
    ("ur", "تین لاکھ چالیس ہزار افراد متاثر", "سیلاب سے 340,000 افراد متاثر ہوئے۔"),
    ("ur", "2 ارب 50 کروڑ روپے منظور", "ڈھائی ارب روپے منظور ہوئے۔"),
    ("ur", "ساڑھے 3 لاکھ افراد متاثر", "تین لاکھ پچاس ہزار افراد متاثر ہوئے۔"),
    ("ur", "3 ہزار 2 سو افراد متاثر", "3,200 افراد متاثر ہوئے۔"),
    ("ur", "3 ہزار 500 افراد متاثر", "ساڑھے تین ہزار افراد متاثر ہوئے۔"),
    ("hi", "3 लाख 40 हजार लोग प्रभावित", "बाढ़ से 340,000 लोग प्रभावित हुए।"),
    ("ar", "3 ملايين و400 ألف شخص تضرروا", "تضرر 3,400,000 شخص."),
    ("ar", "مليون و200 ألف شخص تضرروا", "تضرر 1,200,000 شخص."),
    ("ja", "3万4千人が避難", "34,000人が避難した。"),
    ("ja", "1億2000万円の損害", "120,000,000円の損害が出た。"),
    ("es", "3 millones 400 mil personas afectadas", "Hay 3.400.000 personas afectadas."),
    ("es", "3 mil 400 millones de euros", "Son 3.400 millones de euros."),
    ("es", "Tres millones cuatrocientos mil afectados", "Hay 3.400.000 afectados."),
    ("en", "2 lakh 50 thousand crore budget", "a budget of 2.5 trillion rupees"),
    ("en", "3 million 40 thousand flee", "3,040,000 fled"),
]
PASSED_OVER = [
    ("en", "iPhone 11 review", "The phone is good."),
    ("en", "Boeing 737 grounded", "The jet stays on the ground."),
    ("en", "COVID-19 cases rise", "The virus is back."),
    ("en", "PS4 and 60fps games", "They are cheap."),
    ("en", "10 best laptops", "Here they are."),
    ("en", "9/11 remembered", "The attacks of September."),
    ("en", "Best books of 2019", "Here they are."),
    ("en", "Two hurt in crash", "A man and a woman were hurt."),
    ("en", "One dead in crash", "A man died."),
    ("en", "Elf on the shelf", "Nothing else."),
    ("zh", "十分感谢大家", "谢谢。"),
]
DIFFERENT = [
    ("en", "ECNEC approves Rs19bn for dams", "ECNEC approved Rs12 billion for dams.", ("19bn", "")),
    ("en", "Fine of Rs4,900 for riders", "Riders pay a fine of Rs4,200.", ("4,900", "")),
    ("en", "12 dead in crash", "At least 13 people died in the crash.", ("12", "13")),
    ("en", "12 dead", "Thirteen people were killed; 12 cars burned.", ("12", "Thirteen")),
    ("en", "Two dead", "Three people died.", ("Two", "Three")),
    ("en", "350 arrested", "Police arrested 305 people.", ("350", "305")),
    ("en", "40 percent drop", "Prices fell by 14 percent.", ("40 percent", "14 percent")),
    ("en", "$5 million fine", "The bank was fined $3 million.", ("5 million", "")),
    ("en", "2.5 million flee", "1.5 million people fled.", ("2.5 million", "")),
    ("en", "Vote on May 5", "The vote is on May 15.", ("5", "15")),
    ("en", "Storm cuts power to 40,000", "Some 4,000 homes have no power.", ("40,000", "")),
    ("en", "Rs 30 billion scam", "A scam of Rs 3 billion.", ("30 billion", "")),
    ("en", "Team wins 3-1", "They won 2-1.", ("3", "")),
    ("hi", "15 की मौत", "51 लोगों की मौत।", ("15", "")),
    ("de", "13 Tote bei Unfall", "Bei dem Unfall gab es 12 Tote.", ("13", "12")),
    ("fr", "25 morts", "Vingt-six morts, selon le maire.", ("25", "Vingt-six")),
    ("es", "Mueren 12 personas", "Murieron 13 personas.", ("12", "13")),
    ("ur", "۱۲ افراد ہلاک", "حادثے میں 13 افراد ہلاک ہوئے۔", ("۱۲", "13")),
    ("ar", "12 قتيلا في انفجار", "قتل 13 شخصا في الانفجار.", ("12", "13")),
    ("ja", "１２人死亡", "13人が死亡した。", ("１２", "")),
    (
        "ur",
        "3 لاکھ 40 ہزار افراد متاثر",
        "سیلاب سے 3 لاکھ 20 ہزار افراد متاثر ہوئے۔",
        ("3 لاکھ 40 ہزار", "3 لاکھ 20 ہزار"),
    ),
    ("ur", "2 ارب 50 کروڑ روپے", "بجٹ 2 ارب 30 کروڑ روپے ہے۔", ("2 ارب 50 کروڑ", "2 ارب 30 کروڑ")),
    ("hi", "3 लाख 40 हजार लोग", "बाढ़ से 3 लाख 20 हजार लोग प्रभावित।", ("3 लाख 40 हजार", "")),
    ("ar", "3 ملايين و400 ألف شخص", "تضرر 3 ملايين و200 ألف شخص.", ("3 ملايين و400 ألف", "")),
    ("ja", "3万4千人が避難", "3万2千人が避難した。", ("3万4千", "3万2千")),
    (
        "es",
        "3 millones 400 mil personas",
        "Hay 3 millones 200 mil personas.",
        ("3 millones 400 mil", "3 millones 200 mil"),
    ),
    ("es", "Pierde de 3 millones a 400 mil euros", "Son 500 mil euros.", ("3 millones", "")),
]


@pytest.mark.parametrize(("language", "title", "text"), SAME)
def test_a_number_is_the_same_in_any_form(language: str, title: str, text: str) -> None:
    assert find_differing_numbers(title, text, language) == []


@pytest.mark.parametrize(("language", "title", "text"), PASSED_OVER)
def test_what_counts_nothing_of_the_news_is_passed_over(language: str, title: str, text: str) -> None:
    assert find_differing_numbers(title, text, language) == []


@pytest.mark.parametrize(("language", "title", "text", "said"), DIFFERENT)
def test_another_number_is_said(language: str, title: str, text: str, said: tuple[str, str]) -> None:
    assert find_differing_numbers(title, text, language)[0] == said


def test_every_number_of_the_headline_is_checked() -> None:
    title = "1,240 shops and 6.4 million people in 31 districts"
    assert find_differing_numbers(title, "In 28 districts there was no power.", "en") == [
        ("1,240", ""),
        ("6.4 million", ""),
        ("31", "28"),
    ]
