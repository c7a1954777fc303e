"""Tables, by language, of sentence openings that refer to an earlier sentence ("She", "However").

A sentence with such an opening can't stand first in a summary. The tables list rather too many openings than
too few: to skip a good sentence costs little, but a "She" without a name embarrasses. Phrases are in lower
case and separated by commas; ``*`` stands for any one word ("* days later").
"""

# ruff: noqa: RUF001 The data are letters of other scripts.
import re
from dataclasses import dataclass

__all__ = ["ALL", "LANGUAGES", "AnaphoraTable", "find_tables", "guess_language"]


@dataclass(frozen=True, slots=True, eq=False)
class AnaphoraTable:
    """The opening phrases and related words of one language.

    ``dangling``: openings that need the sentence before them.
    ``fine``: longer openings that only look like a dangling one ("this week").
    ``pronouns``: words that don't name a speaker when the quote stands first.
    ``said``: words that attribute a quote ("said", "according").
    ``spaced``: whether the language separates words by spaces; if not, all entries are plain prefixes.
    ``conjunction``: an "and" that is written as one with the next word. ``fine`` then also lists words that
    only begin with the same letter.
    ``heads``: the first two words of each dangling opening (the first letter if not ``spaced``). Most
    sentences match none of them, so this check comes first.
    """

    dangling: frozenset[str]
    fine: frozenset[str]
    pronouns: frozenset[str]
    said: frozenset[str]
    spaced: bool
    conjunction: str
    heads: frozenset[str]


def _make_table(
    dangling: str,
    fine: str = "",
    pronouns: str = "",
    said: str = "",
    *,
    spaced: bool = True,
    conjunction: str = "",
) -> AnaphoraTable:
    phrases = _split_phrases(dangling)
    heads = {" ".join(phrase.split()[:2]) if spaced else phrase[0] for phrase in phrases} | {conjunction}
    return AnaphoraTable(
        phrases,
        _split_phrases(fine),
        _split_phrases(pronouns),
        _split_phrases(said),
        spaced,
        conjunction,
        frozenset(heads),
    )


def _split_phrases(column: str) -> frozenset[str]:
    return frozenset(" ".join(phrase.split()) for phrase in column.split(",") if phrase.strip())


ENGLISH = _make_table(
    """he, she, they, it, this, that, these, those, him, her, them, his, hers, its, their, theirs, itself,
    himself, herself, themselves, here, such, both, neither, either way, another, other, others,
    the former, the latter, the pair, the duo, the trio, the two, the three, the same, and, but, or,
    nor, so, yet, then, also, plus, because of this, because of that, however, meanwhile, moreover,
    furthermore, therefore, thus, hence, nevertheless, nonetheless, still, instead, besides,
    additionally, consequently, subsequently, similarly, likewise, otherwise, alternatively,
    conversely, accordingly, earlier, later, afterward, afterwards, finally, lastly, secondly, thirdly,
    indeed, rather, again, too, except, even so, even then, even though, as a result, as such,
    as well as, as for, as with, in addition, in contrast, in fact, in turn, in response, in return,
    in the end, in other words, in that, in this, in these, in those, in both, in any case,
    in the meantime, for example, for instance, for this, for that, for these, for those,
    for one thing, by contrast, by comparison, by then, by that, by this, on the other hand,
    on the contrary, on top of, on that, on this, at the same time, at that, at this, at one point,
    after that, after this, before that, before this, from there, from then, from that, from this,
    since then, until then, until now, to that end, to this, to do so, to do that, with that,
    with this, with these, with those, despite this, despite that, despite these, instead of,
    that said, not only that, what's more, among them, among those, among these, one of them,
    one of those, one of these, some of them, some of these, some of those, all of them, all of this,
    all of that, all of these, most of them, many of them, none of them, none of this, each of them,
    all this, all that, all these, all those, of those, of these, of that, which, whose, the next day,
    the next morning, the following, the previous, that's, * day later, * days later, * week later,
    * weeks later, * month later, * months later, * year later, * years later, * hour later,
    * hours later, * minute later, * minutes later, * days earlier, * weeks earlier, * months earlier,
    * years earlier, * hours earlier, * minutes earlier, hours later, days later, weeks later,
    months later, years later, shortly after, shortly afterwards, shortly thereafter, soon after,
    soon afterwards, thereafter, not so, not surprisingly, no wonder, of course, why""",
    """this week, this month, this year, this morning, this afternoon, this evening, this summer,
    this autumn, this winter, this spring, this season, this weekend, this time of year, this coming,
    this past, earlier this, later this, earlier today, later today, earlier on monday, earlier on tuesday,
    earlier on wednesday, earlier on thursday, earlier on friday, earlier on saturday, earlier on sunday,
    these days, so far this, those who, those whose, those with, those living, those affected, her majesty,
    his majesty, his holiness, his royal highness,
    her royal highness, it seems, it appears, it turns out, it turned out, it took, it takes, it is time,
    it's time, it was only, it is only, it is no secret, it's no secret, it is official, it's official""",
    "he, she, they, it, his, her, its, their, him, them, this",
    """said, says, say, saying, told, tells, asked, asks, added, adds, wrote, writes, tweeted, posted,
    replied, explained, according, stated, announced, declared, insisted, argued, warned, recalled,
    noted, continued, claimed, joked, commented, testified, testify, admitted, concluded, remarked,
    quoted, read""",
)

SPANISH = _make_table(
    """él, ella, ellos, ellas, ello, esto, este, esta, estos, estas, eso, ese, esa, esos, esas, aquello,
    aquel, aquella, aquellos, aquellas, éste, ésta, éstos, éstas, ése, ésa, su, sus, suyo, suya, ambos,
    ambas, dicho, dicha, dichos, dichas, pero, y, e, o, mas, sino, pues, además, también, tampoco,
    sin embargo, no obstante, por lo tanto, por tanto, por eso, por ello, por esto, por otra parte,
    por otro lado, por su parte, por último, por ejemplo, así, así que, entonces, luego, después,
    antes, mientras tanto, entretanto, en tanto, asimismo, igualmente, en cambio, en consecuencia,
    en este sentido, en ese sentido, en ese momento, en esa, en ese, en este, en esta, al mismo tiempo,
    a su vez, de hecho, de esta, de este, de ese, de esa, de ahí, es decir, o sea, es más, aun así,
    a pesar de ello, a pesar de esto, con ello, con esto, con eso, tras ello, tras esto, ante ello,
    ante esto, según él, según ella, entre ellos, entre ellas, uno de ellos, una de ellas, finalmente,
    allí, ahí, aquí, otro, otra, otros, otras, el mismo, la misma, cuyo, cuya, dijo, añadió, agregó,
    explicó, señaló, afirmó, aseguró, indicó, sostuvo, subrayó, precisó, manifestó, comentó, recordó,
    destacó, insistió, apuntó""",
    """este lunes, este martes, este miércoles, este jueves, este viernes, este sábado, este domingo,
    este año, este mes, este verano, este invierno, este otoño, este fin de semana, esta semana,
    esta mañana, esta tarde, esta noche, esta temporada, su majestad, su santidad, dijo el, dijo la,
    otros dos""",
    "él, ella, ellos, ellas, su, este, esta",
    """dijo, dice, dijeron, añadió, agregó, explicó, señaló, afirmó, aseguró, indicó, declaró, sostuvo,
    subrayó, precisó, manifestó, comentó, según, respondió, escribió, preguntó, insistió, concluyó,
    apuntó, expresó""",
)

FRENCH = _make_table(
    """il, elle, ils, elles, on, ce, cela, ça, ceci, cet, cette, ces, c'est, c'était, celui, celle,
    ceux, celles, son, sa, ses, leur, leurs, mais, et, ou, donc, or, ni, car, cependant, toutefois,
    pourtant, néanmoins, ainsi, alors, puis, ensuite, enfin, aussi, en outre, de plus, de même, par
    ailleurs, par conséquent, par exemple, en effet, en revanche, en fait, d'autre part, de son
    côté, pendant ce temps, dans ce, dans cette, dans ces, à son tour, au contraire, au même moment,
    après cela, après quoi, là, selon lui, selon elle, quant à, d'ailleurs, du coup, c'est pourquoi,
    pour autant, malgré cela, malgré tout, un autre, une autre, d'autres, tous deux, toutes deux,
    lui, eux, y, celui-ci, celle-ci, ceux-ci, celles-ci, celui-là, celle-là, l'un d'eux, l'un
    d'entre eux, l'une d'elles, l'une d'entre elles, certains d'entre eux, plusieurs d'entre eux,
    parmi eux, parmi elles, entre-temps, depuis lors, dès lors, auparavant, plus tard, peu après,
    peu avant, peu de temps après, * jours plus tard, * heures plus tard, * mois plus tard, * ans
    plus tard, * semaines plus tard, quelques jours plus tard, quelques heures plus tard, quelques
    minutes plus tard, le lendemain, la veille, le même jour, là-bas, là-dessus, ici, voilà, voici,
    cela dit, ceci dit, autrement dit, en conséquence, en réponse, en retour, en somme, en clair,
    bref, finalement, pour sa part, pour leur part, de leur côté, de son propre aveu, à cette, à
    cet, à ce, à ces, de ce, de cette, de ces, de cet, par cette, pour cela, pour cette, pour ce,
    face à ce, face à cette, face à ces, avec ce, avec cette, avec ces, après ce, après cette, après
    ces, outre cela, sur ce, sur cette, sur ces, dans la foulée, tandis que, alors que, si bien que,
    sinon, sans quoi, dont, lequel, laquelle, lesquels, lesquelles, les deux hommes, les deux
    femmes, l'autre, les autres, un tel, une telle, de tels, de telles, tous les deux, toutes les
    deux, l'intéressé, l'intéressée, en vain""",
    """cette semaine, cette année, ce lundi, ce mardi, ce mercredi, ce jeudi, ce vendredi, ce samedi,
    ce dimanche, ce matin, ce soir, cet été, cet hiver, cet automne, ce printemps, ce week-end, ce mois,
    cette nuit, cet après-midi, ces jours-ci, ces derniers jours, ces dernières semaines, ces derniers mois,
    ces dernières années, ces prochains jours, de ce lundi, de ce mardi, de ce mercredi, de ce jeudi,
    de ce vendredi, de ce samedi, de ce dimanche, à ce jour, sa majesté, sa sainteté""",
    "il, elle, ils, elles, lui, eux, son, sa, ses, leur, leurs, celui-ci, celle-ci, ceux-ci, celles-ci, cela",
    """dit, déclare, déclaré, affirme, affirmé, ajoute, ajouté, explique, expliqué, estime, estimé,
    selon, assure, assuré, a-t-il, a-t-elle, ont-ils, ont-elles, précise, précisé, souligne,
    souligné, indique, indiqué, annonce, annoncé, raconte, raconté, confie, confié, lance, lancé,
    répond, répondu, écrit, rappelle, rappelé, regrette, regretté, insiste, insisté, reconnaît,
    reconnu, dénonce, dénoncé, demande, demandé, promet, promis""",
)

GERMAN = _make_table(
    """er, sie, es, dies, diese, dieser, dieses, diesem, diesen, jene, jener, jenes, das ist, das war,
    das sei, das sind, das hat, das habe, das wird, das wäre, das bedeutet, das gilt, das soll, das
    sagte, das teilte, sein, seine, seinem, seinen, seiner, ihr, ihre, ihrem, ihren, ihrer, aber,
    und, oder, doch, denn, sondern, jedoch, allerdings, dennoch, trotzdem, daher, deshalb, deswegen,
    darum, also, dann, danach, davor, außerdem, zudem, ferner, auch, inzwischen, unterdessen,
    währenddessen, schließlich, so, damit, dabei, dazu, daraufhin, daran, darauf, darin, dadurch,
    dagegen, hingegen, stattdessen, somit, folglich, ebenso, gleichzeitig, zugleich, dort, hier,
    später, zuvor, zum beispiel, beide, beides, andere, anders, im gegensatz, nach diesem, bei
    diesem, in diesem, in dieser, nun, wiederum, immerhin, zwar, dafür, davon, darunter, hinzu, das
    alles, das kann, das könnte, das muss, das müsse, das sagt, das geht aus, das ergab, das
    erklärte, das berichtete, das zeigt, das hatte, das hätte, das würde, das werde, das dürfte, das
    führt, das führte, das macht, das heißt, das reicht, das sieht, das liegt, das kündigte, das
    entschied, das bestätigte, ihm, ihn, ihnen, dessen, deren, denen, ihres, seines, dem gegenüber,
    demgegenüber, demnach, demzufolge, dementsprechend, indes, indessen, gleichwohl,
    nichtsdestotrotz, vielmehr, sonst, andernfalls, ansonsten, ebenfalls, gleichfalls, weiterhin,
    letztlich, vorher, nachher, seither, seitdem, kurz darauf, kurz danach, kurz zuvor, wenig
    später, * tage später, * stunden später, * wochen später, * monate später, * jahre später, *
    minuten später, am nächsten tag, am selben tag, am gleichen tag, am tag darauf, zur gleichen
    zeit, auf diese, auf diesem, auf dieser, aus diesem, aus dieser, aus diesen, vor diesem, mit
    diesem, mit dieser, mit diesen, von diesem, von dieser, von diesen, für diese, für diesen, für
    dieses, bei dieser, bei diesen, zu diesem, zu dieser, nach dieser, durch diese, gegen diese,
    gegen diesen, über diese, über diesen, unter diesen, unter anderem, in diesen, an diesem, an
    dieser, solche, solcher, solches, derartige, letztere, letzterer, letzteres, erstere, ersterer,
    der eine, der andere, die andere, die anderen, das andere, die beiden, den beiden, einer von
    ihnen, eine von ihnen, viele von ihnen, einige von ihnen, keiner von ihnen, zwei von ihnen,
    nicht nur das, ein weiterer, eine weitere, ein weiteres, weitere, jedenfalls, übrigens,
    insofern, weshalb, weswegen, wobei, womit, wodurch, hierbei, hierzu, hierfür, hiermit, hierauf,
    hiervon, dort, daneben, dahinter, davor, deutlich mehr, genau das, denn auch""",
    """diese woche, dieses jahr, diesen montag, diesen dienstag, diesen mittwoch, diesen donnerstag,
    diesen freitag, diesen samstag, diesen sonntag, diesen sommer, diesen winter, diesen herbst, in
    diesem jahr, in dieser woche, in diesem sommer, in diesem winter, in diesem herbst, in diesem
    frühjahr, in diesem monat, in diesen tagen, in dieser saison, in dieser nacht, in diesem
    schuljahr, an diesem montag, an diesem dienstag, an diesem mittwoch, an diesem donnerstag, an
    diesem freitag, an diesem samstag, an diesem sonntag, an diesem wochenende, dieses wochenende,
    diese nacht, dieser tage, bis in diese, so viel, so viele, so wenig, so wenige""",
    """er, sie, es, ihm, ihn, ihnen, sein, seine, seinem, seinen, seiner, seines, ihr, ihre, ihrem, ihren,
    ihrer, ihres, dessen, deren""",
    """sagte, sagt, sagten, erklärte, erklärt, erklärten, betonte, betont, so, laut, zufolge, meinte,
    meint, schrieb, schreibt, fügte, ergänzte, berichtete, berichtet, teilte, mitteilte,
    kritisierte, kündigte, forderte, warnte, hieß, bestätigte, antwortete, fragte, räumte, lobte,
    begründete, versicherte, äußerte""",
)

PORTUGUESE = _make_table(
    """ele, ela, eles, elas, isso, isto, aquilo, este, esta, estes, estas, esse, essa, esses, essas,
    aquele, aquela, seu, sua, seus, suas, ambos, ambas, mas, e, ou, porém, contudo, todavia,
    entretanto, no entanto, também, além disso, além dele, além dela, portanto, assim, então, depois,
    por isso, enquanto isso, ainda, ainda assim, por outro lado, por sua vez, ao mesmo tempo, de fato,
    ou seja, por exemplo, nesse, nessa, neste, nesta, desse, dessa, deste, desta, com isso,
    segundo ele, segundo ela, para ele, para ela, lá, ali, outro, outra, outros, outras, disse,
    afirmou, acrescentou, explicou, finalmente""",
    """este ano, este mês, esta semana, esta segunda, esta terça, esta quarta, esta quinta, esta sexta,
    este sábado, este domingo, nesta segunda, nesta terça, nesta quarta, nesta quinta, nesta sexta,
    neste sábado, neste domingo, neste ano, nesta semana""",
    "ele, ela, eles, elas",
    "disse, diz, afirmou, afirma, acrescentou, explicou, declarou, segundo, escreveu, contou, completou",
)

ITALIAN = _make_table(
    """lui, lei, egli, ella, essi, esse, loro, esso, essa, questo, questa, questi, queste, quello, quella,
    quelli, quelle, ciò, suo, sua, suoi, sue, ma, e, ed, o, però, tuttavia, inoltre, anche, quindi,
    dunque, poi, così, infine, intanto, invece, perciò, pertanto, allora, eppure, infatti,
    d'altra parte, nel frattempo, al contrario, allo stesso tempo, per questo, in questo, in questa,
    di conseguenza, dopo di che, entrambi, entrambe, altri, altre, un altro, un'altra, secondo lui,
    secondo lei, da parte sua, a sua volta, lì, là, qui, ecco""",
    """e stato, e stata, e stati, e state, questa settimana, questo mese, questa mattina, questa sera,
    quest'anno, questa notte,
    questo pomeriggio""",
    "lui, lei, loro, egli, ella",
    "detto, dice, disse, dichiarato, spiegato, aggiunto, affermato, secondo, scrive, scritto, ha",
)

RUSSIAN = _make_table(
    """он, она, они, оно, это, этот, эта, эти, этого, этому, этим, тот, та, то, те, того, его, её, ее, их,
    ему, ей, им, такой, такая, такое, такие, но, а, и, или, однако, также, тоже, поэтому, затем, потом,
    кроме того, кроме этого, при этом, при том, тем не менее, между тем, тем временем, в то же время,
    таким образом, впрочем, зато, так, тогда, там, здесь, ранее, позже, позднее, наконец, напротив,
    наоборот, следовательно, например, в частности, в свою очередь, по его, по её, по ее, по их,
    по этому, после этого, до этого, в этом, в этой, в этот, об этом, оба, обе, другой, другая, другие,
    причем, причём, притом, ведь, вместо этого, из-за этого, благодаря этому, вместе с тем""",
    "в этом году, в этом месяце, на этой неделе, это лето",
    "он, она, они, его, её, ее",
    """сказал, сказала, заявил, заявила, сообщил, сообщила, отметил, отметила, добавил, добавила,
    подчеркнул, написал, написала, говорит, считает, пояснил, рассказал, рассказала""",
)

URDU = _make_table(
    """وہ, یہ, اس, ان, اسے, انہیں, انھیں, انہوں, انھوں, انہی, اسی, اسکے, اسکی, اسکا, اسکو, اسنے, انکے,
    انکی, انکا, انکو, یہی, وہی, یہاں, وہاں, ایسے, ایسا, ایسی, ویسے, جس, جسکے, جسکی, جسکا, جن, جنہوں,
    جنہیں, لیکن, مگر, تاہم, اور, یا, پھر, چنانچہ, لہذا, لہٰذا, البتہ, بلکہ, نیز, مزید, علاوہ ازیں,
    جبکہ, جب کہ, کیونکہ, کیوں کہ, حالانکہ, حالاں کہ, یعنی, ورنہ, تو, سو, تب, تبھی, گویا, غرض, مثلا,
    مثلاً, دوسری جانب, دوسری طرف, ادھر, اُدھر, بعد ازاں, بعدازاں, بعد میں, دریں اثنا, دریں اثناء, یوں,
    اب, حتی کہ, حتیٰ کہ, دونوں, بہرحال, بہر حال, آخر کار, بالآخر, اُس, اُن, اِس, اِن, اُنہوں, ساتھ ہی,
    کہ, ہاں""",
    "اس سال, اس ہفتے, اس ماہ, اس مہینے, رواں سال",
    "اس, ان, انہوں, انھوں, وہ, اُس, اُن, اُنہوں",
    "کہا, کہتے, کہتی, کہنا, بتایا, کہہ, پوچھا, بولے, بولا, بولی, لکھا, مطابق",
)

PERSIAN = _make_table(
    """او, وی, آنها, آن‌ها, آنان, ایشان, این, آن, همین, همان, چنین, اما, ولی, و, یا, همچنین, البته,
    بنابراین, سپس, پس, با این حال, با این وجود, با وجود این, در عین حال, در همین حال, از سوی دیگر,
    از طرف دیگر, در این, در آن, به این, به گفته او, به گفته وی, به همین, از این, از آن, بعد از آن,
    پس از آن, پس از این, نیز, زیرا, چون, هرچند, بلکه, بدین, اکنون, آنجا, اینجا, هر دو, علاوه بر این""",
    "این هفته, این ماه, در این هفته",
    "او, وی, آنها, ایشان",
    "گفت, گفته, افزود, اظهار, نوشت, تصریح, تاکید",
)

ARABIC = _make_table(
    """هو, هي, هم, هن, هما, هذا, هذه, هذان, ذلك, تلك, هؤلاء, أولئك, لكن, لكنه, لكنها, ولكن, غير أن,
    إلا أن, بيد أن, كما, كذلك, لذلك, لذا, لهذا, ثم, أيضا, أيضاً, بل, حيث, إذ, إذن, فيما, بينما, أما,
    أو, من جهته, من جهتها, من جانبه, من جانبها, من جهة أخرى, من ناحية أخرى, من ناحيته, في المقابل,
    بالمقابل, في الوقت نفسه, في الوقت ذاته, في هذا, في هذه, في ذلك, في تلك, في غضون ذلك, إلى ذلك,
    إضافة إلى ذلك, بالإضافة إلى ذلك, علاوة على ذلك, فضلا عن ذلك, مع ذلك, بعد ذلك, قبل ذلك, بعدها,
    بعد هذا, عندها, عندئذ, حينها, بدوره, بدورها, بدورهم, إنه, إنها, إنهم, أنه, منهم, منها, بينهم, فقد,
    فإن, فهو, فهي, فيه, فيها, لأن, لأنه, لأنها, هناك, هنا, كلاهما, أخيرا, أخيراً, لاحقا, لاحقاً,
    كان قد, قائلا, قائلاً, مضيفا, مضيفاً, مشيرا, مشيراً, مؤكدا, مؤكداً, لا سيما, مثلا""",
    """هذا العام, هذا الأسبوع, هذا الشهر, هذه السنة, في هذا العام, وزير, وزيرة, وزيرا, وزارة, وزراء,
    وزارات, وكالة, وكالات, وكيل, وصل, وصلت, وصول, وفد, وفود, وقع, وقعت, وقّع, وقّعت, وفاة, وفق, وفقا,
    وفقاً, وجه, وجهت, وجّه, وقف, وقفت, وسط, وسائل, وسيط, وحدة, وحدات, ولاية, ولايات, ولي, واشنطن, والد,
    والدة, والي, وثيقة, وثائق, وعد, وعدت, وضع, وضعت, ورد, وردت, ورشة, وقت, وطن, وطني, وافق, وافقت,
    واصل, واصلت, واجه, واجهت, وادي, ودع, ودعت, ولد, ولدت, وباء, وقود, وظائف, وساطة, وصف, وصفت, وليد,
    ويكيبيديا, ويليام, ووهان, وارسو, ويلز, ويندوز""",
    "هو, هي, هم, إنه, إنها",
    """قال, قالت, وقال, وقالت, وأضاف, وأضافت, أضاف, أضافت, صرح, وصرح, أكد, وأكد, أوضح, وأوضح, ذكر, وذكر,
    أعلن, كتب, وكتب, بحسب, وفق, تابع, وتابع""",
    conjunction="و",
)

HINDI = _make_table(
    """वह, वे, वो, यह, ये, उन्होंने, उन्होने, उन्हें,
    इन्होंने, इन्हें, उसने, उसके, उसकी, उसका, उसे,
    उससे, उसमें, उनका, उनके, उनकी, उनसे, उनमें, उनको,
    इस, इसके, इसकी, इसका, इसे, इसने, इसमें, इससे,
    इसलिए, इसलिये, इसी, इन, इनमें, इनके, इनकी, इनका,
    उस, उसी, उन, लेकिन, मगर, परंतु, परन्तु, किंतु,
    किन्तु, पर, और, या, तथा, एवं, फिर, तब, तभी, तो,
    हालांकि, हालाँकि, बल्कि, जबकि, क्योंकि, ताकि,
    साथ ही, वहीं, वही, यही, वहां, वहाँ, यहां, यहाँ,
    दूसरी ओर, दूसरी तरफ, बाद में, ऐसे, ऐसा, ऐसी,
    वैसे, यानी, अतः, अब, जिस, जिसके, जिसमें, जिससे,
    जिन, जिनमें, दोनों, आखिरकार, अंततः, उधर, इधर,
    मसलन""",
    """इस साल, इस वर्ष, इस सप्ताह, इस हफ्ते, इस महीने,
    इस माह, इन दिनों""",
    "उन्होंने, उसने, वह, वे, उनका, उनके",
    """कहा, कहना, कहते, कहती, बताया, बोले, बोला, बोलीं,
    लिखा, मुताबिक, अनुसार, पूछा""",
)

KOREAN = _make_table(
    """그는, 그가, 그의, 그를, 그녀는, 그녀가, 그녀의, 그들은, 그들이, 그들의, 이는, 이에, 이를, 이와,
    이것은, 그것은, 이어, 이후, 이로써, 이로, 이런, 이러한, 이같은, 이처럼, 그런, 그러한, 이, 그, 저,
    그러나, 하지만, 그리고, 또, 또한, 또는, 그런데, 그래서, 그러자, 그러면서, 그래도, 그렇지만,
    그럼에도, 따라서, 한편, 반면, 다만, 즉, 앞서, 아울러, 게다가, 더욱이, 더구나, 결국, 이날, 당시,
    여기에, 여기서, 거기서, 대신, 이밖에, 특히, 실제로, 예를, 왜냐하면, 둘, 이들은, 이들의, 이들이,
    양측은, 같은, 마찬가지로""",
    "이 대통령, 이 총리, 이 의원, 이 대표",
    "그는, 그가, 그녀는, 그들은, 이들은",
    "말했다, 밝혔다, 전했다, 덧붙였다, 강조했다, 설명했다, 주장했다, 라고, 이라고, 고",
)

JAPANESE = _make_table(
    """しかし, ただし, ただ、, だが, 一方、, 一方で, 一方の, 一方は, また、, または, そして, それ, その,
    そこ, そう, そんな, これ, この, ここ, こう, こんな, あの, あれ, 彼は, 彼が, 彼の, 彼ら, 彼女, 彼に,
    彼を, 彼も, さらに, しかも, なお、, なぜなら, つまり, すると, だから, したがって, 従って, 例えば,
    たとえば, ところが, ところで, とはいえ, ですが, でも、, けれど, 次に、, 続いて, 加えて, このほか,
    ほか、, もっとも、, むしろ, 要するに, 結局、, 同氏, 同社, 同日, 同市, 同省, 同国, 同紙, 同誌, 同庁,
    同署, 同県, 同校, 同党, 同店, 同じ, 両氏, 両者, 両国, 両社, と、, と述べ, と話, と語, という,
    といった, といい, とした, として, や、, が、, および, 及び, ならびに, そもそも, やがて, その後,
    他方, 反対に, いずれも, どちらも, ちなみに, 実際、""",
    "この夏, この冬, この春, この秋, この週末, ここ数年, そごう",
    "彼は, 彼が, 彼女, 彼ら, 同氏, 同社",
    """述べ, 話し, 語っ, 語り, 語る, 話す, 言っ, 言う, コメント, 強調, 説明し, という, とした, としている,
    明かし, 訴え, 発言""",
    spaced=False,
)

CHINESE = _make_table(
    """他, 她, 它, 这, 這, 那, 此, 该, 該, 其, 但, 然而, 不过, 不過, 而, 并, 並, 也, 因此, 所以, 于是,
    於是, 另外, 另一, 同时, 同時, 与此, 與此, 随后, 隨後, 之后, 之後, 然后, 然後, 接着, 接著, 后来,
    後來, 例如, 比如, 否则, 否則, 不仅如此, 不僅如此, 对此, 對此, 据此, 據此, 为此, 為此, 由此, 因而,
    从而, 從而, 可是, 只是, 即便如此, 尽管如此, 儘管如此, 换言之, 換言之, 总之, 總之, 最后, 最後, 相反,
    反之, 以及, 或者, 还有, 還有, 甚至, 双方, 雙方, 两人, 兩人, 二人, 当时, 當時, 如此, 除此, 加上,
    再者, 至于, 至於, 说, 表示""",
    "其他, 其它, 也门, 也門, 但丁, 那不勒斯, 那曲, 这周, 這週, 这个月, 這個月, 他山, 此前一天, 其中国",
    "他, 她, 它, 其",
    """说, 說, 表示, 指出, 称, 稱, 写道, 寫道, 强调, 強調, 认为, 認為, 告诉, 告訴, 透露, 补充, 補充, 回应,
    回應""",
    spaced=False,
)

LANGUAGES = {
    "en": ENGLISH,
    "es": SPANISH,
    "fr": FRENCH,
    "de": GERMAN,
    "pt": PORTUGUESE,
    "it": ITALIAN,
    "ru": RUSSIAN,
    "ur": URDU,
    "fa": PERSIAN,
    "ar": ARABIC,
    "hi": HINDI,
    "ko": KOREAN,
    "ja": JAPANESE,
    "zh": CHINESE,
}
ALL = tuple(LANGUAGES.values())
"""All tables, for a text whose language has no table and can't be guessed: most tables do it no harm."""


SAMPLE = 2_000  # characters, enough to guess the language

LETTERS = re.compile(r"[^\W\d_]+")
FOREIGN = re.compile(r"[^\W\d_\u0000-\u024f]+")  # letters of scripts other than Latin
SCRIPTS = {
    "ja": re.compile("[\u3041-\u30ff]+"),
    "zh": re.compile("[\u4e00-\u9fff]+"),
    "ko": re.compile("[\uac00-\ud7af]+"),
    "hi": re.compile("[\u0900-\u097f]+"),
    "ru": re.compile("[\u0400-\u04ff]+"),
    "ur": re.compile("[ٹڈڑںےہۓۃ]+"),
    "fa": re.compile("[پچژگکی]+"),
    "ar": re.compile("[\u0620-\u064a]+"),
}
COMMON = {  # words that occur in nearly every article of the language
    "en": frozenset(["the", "of", "and", "to", "in", "is", "was", "for", "that", "with"]),
    "es": frozenset(["el", "la", "los", "las", "de", "que", "en", "y", "del", "por", "con", "una"]),
    "fr": frozenset(["le", "la", "les", "des", "et", "est", "dans", "une", "du", "que", "pour", "au"]),
    "de": frozenset(["der", "die", "das", "und", "den", "von", "mit", "ist", "im", "ein", "nicht", "dem"]),
    "pt": frozenset(["o", "os", "as", "de", "que", "não", "do", "da", "em", "uma", "para", "com"]),
    "it": frozenset(["il", "di", "che", "è", "per", "della", "un", "una", "del", "nel", "con", "gli"]),
}


def find_tables(language: str | None, text: str) -> tuple[AnaphoraTable, ...]:
    """Return the tables for a language code, or for the guessed language of ``text`` if the code is unknown.

    ``language`` is an ISO 639-1 code; "en-GB" and "EN" are accepted too. Returns `ALL` if the guess fails.
    """
    code = (language or "").lower().replace("_", "-").partition("-")[0]
    if code not in LANGUAGES:
        code = guess_language(text) or ""
    return (LANGUAGES[code],) if code in LANGUAGES else ALL


def guess_language(text: str) -> str | None:
    """Guess the language of a text by its script or its commonest words; return None if neither decides."""
    sample = text[:SAMPLE]
    if not sample.isascii() and _count_letters(FOREIGN, sample) * 2 > _count_letters(LETTERS, sample):
        return next(
            (code for code, letters in SCRIPTS.items() if _count_letters(letters, sample) * 50 > len(sample)),
            None,
        )
    words = sample.lower().split()
    hits = {code: sum(map(common.__contains__, words)) for code, common in COMMON.items()}
    best = max(hits, key=lambda code: hits[code])
    return best if hits[best] * 12 > len(words) else None


def _count_letters(letters: re.Pattern[str], sample: str) -> int:
    return sum(map(len, letters.findall(sample)))
