"""Detection of a page in front of an article: a consent, a login, "not found".

Words decide: the article's page has words of its headline and teaser, in any language; a page in front of it
has other words. Phrases of such pages only help if an article has hardly a word in common with its headline
and teaser.

Each kind of phrase is a list of groups. A line is of that kind if, for one of its tuples, each group is found
in it.
"""

# ruff: noqa: RUF001, E501 other scripts are the point, and a phrase is not broken over lines
import re
from collections.abc import Sequence

from newsbot.identity.texts import split_words

__all__ = [
    "FOLLOW_UP",
    "WALLS",
    "distinctive_words",
    "is_follow_up",
    "is_of_article",
    "is_same_headline",
    "is_wall",
    "is_wall_line",
    "text_weight",
]


def _alternatives(*phrases: str) -> str:
    return "|".join(phrases)


_COOKIES = _alternatives(
    r"\bcookies?\b|store (?:and|or|and/or) access information|personali[sz]ed (?:ads|advertising|content)|process (?:your )?personal data",
    r"کوک[یي]ز?|ملفات (?:تعريف )?الارتباط|الكوكيز|كوكيز|بيانات(?:ك)? الشخصية",
    r"क?ुकीज़?|datos personales|données personnelles|personenbezogene|个人信息|クッキー|쿠키|個人情報|個人データ",
)
_CONSENT = _alternatives(
    r"\b(?:we|our|you|your|accept|reject|agree|consent|manage|partners|privacy|this (?:web ?)?site)\b",
    r"\b(?:usamos|utilizamos|nuestr[oa]s?|tus?|sus?|aceptar?|aceptas|acepta|rechazar|consentimiento|configurar|este sitio|esta web|socios|privacidad)\b",
    r"\b(?:wir|unsere[rnms]?|ihre[rnm]?|sie|akzeptieren|ablehnen|zustimm\w*|einwillig\w*|partner|datenschutz|diese (?:web)?s[ei]ite)\b",
    r"\b(?:nous|nos|notre|vous|votre|vos|accepte[rz]?|refuser|consent\w*|partenaires|ce site)\b",
    r"\b(?:usiamo|utilizziamo|nostr[oaei]|accett\w+|utilizamos|nosso|aceit\w+)\b",
    r"ہم|آپ|قبول|رضامندی|مسترد|ویب ?سائٹ|رازداری|شراکت دار",
    r"نستخدم|نحن|موافق|اوافق|أوافق|قبول|تقبل|توافق|رفض|موقعنا|الموقع|خصوصي|شركا[ءئؤ]",
    r"当サイト|当社|同意|許可|拒否|使用し|利用し|設定|プライバシー|パートナー",
)
_LOGIN = _alternatives(
    r"\b(?:log|sign)[ -]?(?:in|up)\b|\b(?:create|need|have) (?:a(?:n)? )?(?:free )?account\b|\bregist(?:er|ered|ration)\b|\bsubscri(?:be|ber|bers|ption|ptions)\b|\bfree (?:articles?|trial|stories)\b|\bpassword\b|\bmembers? only\b|\b(?:unlimited|full|premium) access\b|\bunlock\b",
    r"\binici(?:a|e|ar) (?:la )?sesi[oó]n\b|\bsuscr[ií](?:b|p|t)\w*|\bregístra(?:te|rse)\b|\bcontraseña\b|\bacceso ilimitado\b|\bcuenta\b|\bartículos gratuitos\b",
    r"\b(?:an|ein)(?:zu)?melden\b|\bmelde(?:n sie sich| dich)\b|\banmeldung\b|\bregistrier\w*\b|\bpasswort\b|\babo(?:nnent(?:in|en)?|nnement|s)?\b|\babonnier\w*\b|\bjetzt testen\b|\bfreischalten\b",
    r"\bconnecte[zr][- ]?vous\b|\bse connecter\b|\bidentifiez[- ]vous\b|\babonn\w+\b|\bmot de passe\b|\binscri(?:re|vez)\w*\b|\baccès illimité\b|\bréservé aux\b",
    r"لاگ ?[اِ]?ن|سائن ?[اِ]?ن|سبسکر\w*|سبسکرائب|پاس ?ورڈ|اکاؤنٹ|رجسٹر|خریدار|رکنیت",
    r"تسجيل (?:ال)?دخول|سج[ّ]?ل (?:ال)?دخول|سجلوا|سج[ّ]?ل (?:مجانا|الآن)|اشتراك|اشترك|المشتركين|مشترك|كلمة (?:المرور|السر)|حساب(?:ك|ا|اً)?",
    r"ログイン|サインイン|会員(?:登録|限定)?|有料(?:記事|会員)?|購読|パスワード|無料登録|アカウント",
)
_READER = _alternatives(
    r"\b(?:you|your|continue|read|reading|now|already|log|sign)\b|\b(?:leer|leyendo|ya|tu|su|seguir|continuar|ahora|lectura)\b|\b(?:sie|ihr|lesen|weiter\w*|jetzt|bereits|schon)\b|\b(?:vous|votre|lire|lecture|déjà|continuer|maintenant)\b",
    r"پڑھ|جاری|آپ|اپن|پہلے|ابھی|صرف|القراءة|قراءة|متابعة|لمتابعة|بريدك|أدخل|بالفعل|الآن|فقط|لديك|続き|お読み|ください|こちら|既に|すでに|限定|必要|全文",
)
_HUMAN = _alternatives(
    r"captcha|\bverif\w+ (?:that )?you(?:['’]re| are)? (?:a |not a )?(?:human|robot)|\b(?:are|you['’]re|you are) not a (?:ro)?bot\b|\bare you (?:a )?(?:human|robot)|checking (?:if the site|your browser|the security)|\bunusual (?:traffic|activity)\b|security of your connection|\bsecurity check\b|\bray id\b|just a moment|redirect to your requested",
    r"no eres un robot|eres humano|tráfico inusual|comprobando (?:tu|su) navegador|verifica(?:ndo)? que eres|kein roboter|sie ein mensch|ungewöhnliche\w* (?:datenverkehr|aktivität)|browser wird (?:geprüft|überprüft)|pas un robot|êtes humain|trafic inhabituel|vérification de votre navigateur",
    r"روبوٹ نہیں|انسان ہیں|غیر معمولی (?:ٹریفک|سرگرمی)|براؤزر (?:کی|کو) (?:جانچ|چیک)|لست (?:روبوتا|روبوتًا|برنامج)|أنك (?:إنسان|بشر|لست)|انك (?:انسان|بشر)|حركة (?:مرور )?غير (?:عادية|اعتيادية)|التحقق من متصفحك|ロボットではない|人間であること|ブラウザを確認|通常と異なるトラフィック|セキュリティチェック",
)
_SCRIPT = r"java ?script|جاوا ?(?:سکرپٹ|اسکرپٹ)|جافا ?سكر[يب]*بت|ジャバスクリプト"
_SWITCH = r"enabl|turn(?:ed)? on|activ|habilit|aktiv|einschalt|allow|require|need|disabled|blocker|فعال|آن کریں|تفعيل|تشغيل|فع[ّ]?ل|有効|オン|必要"
_MISSING = _alternatives(
    r"\b(?:page|article|content|url|address|story)\b.{0,60}\b(?:not found|(?:does not|doesn['’]t|no longer) exist|no longer available|could(?: not|n['’]t) be found|can(?:not|['’]t) be found|(?:been|was) (?:moved|removed|deleted)|can['’]t find)|\bcan(?:not|['’]t) find (?:the|that|this) page|\b404\b.{0,30}\b(?:error|not found|page)|\berror 404\b|\bnot found\b",
    r"\b(?:p[aá]gina|contenido|art[ií]culo|nota)\b.{0,60}(?:no (?:existe|se (?:ha )?encontr|est[aá] disponible|encontrad)|ha sido (?:elimin|mov|borrad))|no (?:hemos )?encontra(?:do|mos) la p[aá]gina|\b(?:seite|artikel|inhalt)\b.{0,60}(?:nicht (?:gefunden|mehr|verfügbar|vorhanden)|existiert nicht|verschoben|gelöscht)|\b(?:page|contenu|article)\b.{0,60}(?:n['’]existe (?:pas|plus)|introuvable|n['’]a pas (?:été|pu)|(?:a été|été) (?:déplacé|supprimé))",
    r"صفحہ.{0,60}(?:موجود نہیں|نہیں مل|دستیاب نہیں|ہٹا دیا|منتقل)|(?:الصفحة|المقال|المحتوى|الرابط).{0,60}(?:غير موجود|لم (?:يتم|نتمكن|تعد)|غير متاح|نقل|حذف|ليست موجودة|لا وجود)|لم (?:يتم|نستطع|نتمكن).{0,20}العثور.{0,20}(?:الصفحة|صفحة)",
    r"(?:ページ|記事|コンテンツ).{0,30}(?:見つかりません|存在しません|ありません|削除|移動|表示できません)",
)
_CLOSED = _alternatives(
    r"\b(?:scheduled|planned|routine|down for|under|undergoing) maintenance\b|\bmaintenance (?:work|mode|break|window)\b|\b(?:we['’]ll|we will|site will) be (?:right )?back\b|\bback (?:soon|shortly|online)\b|\btemporarily (?:unavailable|down|offline|closed)\b|\bservice unavailable\b|\btry again later\b",
    r"(?:en|por|tareas de|trabajos de) mantenimiento|volveremos|temporalmente (?:no disponible|fuera)|wartungs\w*|in kürze (?:wieder|zurück)|vorübergehend nicht (?:erreichbar|verfügbar)|(?:en|de|opération de) maintenance|de retour (?:bientôt|dans)|temporairement (?:indisponible|inaccessible)",
    r"دیکھ بھال|مرمت|جلد (?:ہی )?(?:واپس|دوبارہ)|عارضی طور پر (?:دستیاب نہیں|بند)|(?:ال)?صيانة|سنعود|غير متاح (?:مؤقتا|مؤقتًا|حاليا|حاليًا)|メンテナンス(?:中|の)|しばらく(?:して|経って|たって)|一時的に(?:利用|ご利用|アクセス)|現在ご利用いただけません",
)
_PLACE = _alternatives(
    r"\b(?:not |un)(?:currently )?available (?:in|from|to|for) (?:your|this|users|visitors|readers).{0,30}(?:countr|region|location|area|territor|europe|\beu\b)|\blegal reasons\b|\beuropean economic area\b|\bgeo(?:graphic(?:al)?)?[- ]?(?:block|restrict)|\byour (?:country|region|location|territory)\b",
    r"no (?:est[aá] )?disponible en (?:tu|su|este) (?:pa[ií]s|regi[oó]n|ubicaci[oó]n|zona)|(?:tu|su) (?:pa[ií]s|regi[oó]n)\b|motivos legales|in (?:ihrem|deinem) (?:land|gebiet)|in (?:ihrer|deiner) region|rechtlichen gründen|(?:dans|depuis) votre (?:pays|région|territoire)|raisons (?:légales|juridiques)",
    r"آپ کے (?:ملک|علاقے|خطے)|قانونی وجوہات|في (?:بلدك|منطقتك|دولتك|بلدكم|منطقتكم)|لأسباب قانونية|お住まいの(?:国|地域)|お使いの(?:国|地域)|ご利用の(?:国|地域)|法的(?:な)?理由|(?:国|地域)からは?(?:ご利用|アクセス|ご覧|閲覧)",
)

FOLLOW_UP = _alternatives(_CONSENT, _READER)
"""Phrases of a line that continues such a notice."""

WALLS: dict[str, tuple[tuple[str, ...], ...]] = {
    "cookies": ((_COOKIES, _CONSENT), (r"\b(?:value|respect|care about) your privacy\b",)),
    "login": ((_LOGIN, _READER),),
    "human": ((_HUMAN,),),
    "script": (
        (_SCRIPT, _SWITCH),
        (r"\bad[- ]?block(?:er|ing)?\b|adblock|werbeblocker|bloqueador|广告拦截|広告ブロック",),
    ),
    "missing": ((_MISSING,),),
    "closed": ((_CLOSED,),),
    "place": ((_PLACE,),),
}


_SHORTEST = 4  # minimum letters; shorter words are mostly in every text ("the", "und", "کے")
_STEM = 5  # letters of a word that are compared: flood, floods and flooding count as one
_SHARE = 0.3  # minimum share of the headline's and teaser's words
_LEAST = 2  # minimum shared words; a single one may be the site's name, or chance
_HEAD = 0.6  # share of two headlines' words from which they are of one article
_LONGER = 1.3  # times a headline's length; a longer line with its words says more than the headline
_LONG = 1200  # characters of an alphabet; a page with so much of its article may also hold notices
_SOME = 300  # characters of an alphabet; a shorter text without a word of the headline is no article
_MOST = 100_000  # maximum characters that are examined
_LINE = 600  # maximum characters of a notice's line
_UNSPACED = 0x0E00  # From here on, `split_words` returns single characters of scripts without spaces.
_HIRAGANA = re.compile("[\u3040-\u309f]{2}")
_FOLLOW_UP = re.compile(FOLLOW_UP, re.IGNORECASE)
_NOTICES = tuple(
    tuple(re.compile(part, re.IGNORECASE) for part in parts) for kind in WALLS.values() for parts in kind
)


def is_of_article(text: str, title: str, teaser: str, headline: str) -> bool:
    """Return whether a page's ``text`` is of the article that a source announced.

    ``title`` and ``teaser`` are the source's; without either, the answer is yes unless the text is a wall.
    ``headline`` is the page's own title.

    The figures are from 466 articles with a headline or teaser (pages, feeds, news corpora; in 12 languages),
    each also compared with pages in front of articles: 7 of 3 698 such pairs share as many words by chance.
    """
    wanted = distinctive_words(f"{title}\n{teaser}")
    lines = [line for line in text.split("\n\n") if not _is_repetition(line, title)]
    text = "\n\n".join(lines)
    if not wanted:
        return not is_wall(lines)
    shared, size = len(wanted & distinctive_words(text)), text_weight(text)
    if shared >= min(_LEAST, len(wanted)) and shared >= _SHARE * len(wanted):
        own = distinctive_words(teaser) - distinctive_words(title)
        notices = [
            line for line in lines if len(own & distinctive_words(line)) < _LEAST
        ]  # The article itself may report on such a notice.
        return size >= _LONG or not is_wall(notices) or text_weight("".join(notices)) < size / 2
    if not is_same_headline(title, headline) or size < _SOME:
        return False
    return not (is_wall(lines) if size >= _LONG else any(map(is_wall_line, lines)))


def _is_repetition(line: str, title: str) -> bool:
    return len(line) <= _LONGER * len(title) and is_same_headline(title, line)


def is_same_headline(title: str, headline: str) -> bool:
    """Return whether the words of two headlines indicate one article."""
    wanted, found = distinctive_words(title), distinctive_words(headline)
    return bool(wanted) and len(wanted & found) >= _HEAD * len(wanted)


def is_wall(lines: Sequence[str]) -> bool:
    """Return whether notices of a page in front of an article make up most of these lines."""
    said = sum(text_weight(line) for line in lines if is_wall_line(line))
    return said > sum(map(text_weight, lines)) / 2


def is_wall_line(line: str) -> bool:
    """Return whether a line is a notice of a page in front of an article."""
    if len(line) > _LINE:
        return False
    return any(all(part.search(line) for part in parts) for parts in _NOTICES)


def is_follow_up(line: str) -> bool:
    """Return whether a line may continue such a notice."""
    return len(line) <= _LINE / 2 and bool(_FOLLOW_UP.search(line))


def distinctive_words(text: str) -> set[str]:
    """Return the first letters of a text's longer words; pairs of characters in scripts without spaces."""
    found: set[str] = set()
    last = ""
    for word in split_words(text[:_MOST]):
        if len(word) == 1 and ord(word) >= _UNSPACED:
            if last and not _HIRAGANA.match(last + word):
                found.add(last + word)
            last = word
            continue
        last = ""
        if len(word) >= _SHORTEST or (word.isdigit() and len(word) > 1):
            found.add(word[:_STEM])
    return found


def text_weight(text: str) -> int:
    """Return a text's length in characters of an alphabet.

    A character of a script without spaces counts as three.
    """
    return len(text) + 2 * sum(1 for char in text if char >= "\u2e80")
