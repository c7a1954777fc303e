"""Pages that stand in front of articles, in the words of seven languages, and articles for them."""

# ruff: noqa: E501  a page is one line

from typing import NamedTuple

__all__ = ["ARTICLES", "WALLS", "Announced", "wall_page"]


class Announced(NamedTuple):
    """An article as a feed announces it, and its text."""

    title: str
    teaser: str
    text: tuple[str, ...]


ARTICLES = {
    "en": Announced(
        "Council closes the old library",
        "The council voted on Monday to close the library at the square.",
        (
            "The council voted on Monday evening to close the old library at the square after a long debate.",
            "Its books move to the school in the north, where two rooms are being painted for them this month.",
        ),
    ),
    "es": Announced(
        "El ayuntamiento cierra la vieja biblioteca",
        "El pleno votó el lunes el cierre de la biblioteca de la plaza.",
        (
            "El pleno votó el lunes por la noche el cierre de la vieja biblioteca de la plaza tras un largo debate.",
            "Los libros pasan a la escuela del norte, donde se pintan dos salas para ellos durante este mes.",
        ),
    ),
    "de": Announced(
        "Stadtrat schließt die alte Bücherei",
        "Der Stadtrat beschloss am Montag, die Bücherei am Markt zu schließen.",
        (
            "Der Stadtrat beschloss am Montagabend nach langer Debatte, die alte Bücherei am Markt zu schließen.",
            "Die Bücher ziehen in die Schule im Norden, wo in diesem Monat zwei Räume für sie gestrichen werden.",
        ),
    ),
    "fr": Announced(
        "La mairie ferme la vieille bibliothèque",
        "Le conseil a voté lundi la fermeture de la bibliothèque de la place.",
        (
            "Le conseil a voté lundi soir la fermeture de la vieille bibliothèque de la place après un long débat.",
            "Les livres partent vers l'école du nord, où deux salles sont repeintes pour eux pendant ce mois.",
        ),
    ),
    "ur": Announced(
        "کونسل نے پرانی لائبریری بند کر دی",
        "کونسل نے پیر کو چوک کی لائبریری بند کرنے کے حق میں ووٹ دیا۔",
        (
            "کونسل نے پیر کی شام طویل بحث کے بعد چوک کی پرانی لائبریری بند کرنے کے حق میں ووٹ دیا۔",
            "کتابیں شمال کے اسکول میں منتقل ہوں گی جہاں اس ماہ دو کمرے ان کے لیے رنگے جا رہے ہیں۔",
        ),
    ),
    "ar": Announced(
        "المجلس البلدي يغلق المكتبة القديمة",
        "صوت المجلس يوم الاثنين على إغلاق المكتبة القديمة في الساحة.",
        (
            "صوت المجلس البلدي مساء الاثنين بعد نقاش طويل على إغلاق المكتبة القديمة في الساحة.",
            "تنتقل الكتب إلى مدرسة الشمال حيث تطلى غرفتان من أجلها خلال هذا الشهر.",
        ),
    ),
    "ja": Announced(
        "市議会、古い図書館の閉館を決定",
        "市議会は月曜日、広場の図書館を閉館する案を可決した。",
        (
            "市議会は月曜日の夜、長い議論の末に広場の古い図書館を閉館する案を可決した。",
            "蔵書は北部の小学校に移され、今月中に二つの教室の塗装が行われる予定だ。",
        ),
    ),
}

WALLS = {
    "cookies": {
        "en": ("Your choices", "This website and its 310 vendors keep cookies on your device so that ads suit you.", "You may accept them all, or choose which of them you allow."),
        "es": ("Tu privacidad", "Esta web y sus 310 socios guardan cookies en tu dispositivo para mostrarte anuncios a tu gusto.", "Puedes aceptar todas o configurar cuáles permites."),
        "de": ("Ihre Auswahl", "Diese Website und ihre 310 Partner speichern Cookies auf Ihrem Gerät, damit Werbung zu Ihnen passt.", "Sie können alle akzeptieren oder Ihre Auswahl treffen."),
        "fr": ("Vos choix", "Ce site et ses 310 partenaires déposent des cookies sur votre appareil pour vous montrer des annonces.", "Vous pouvez tout accepter ou régler vos choix."),
        "ur": ("آپ کی پسند", "یہ ویب سائٹ اور اس کے 310 شراکت دار آپ کے آلے پر کوکیز محفوظ کرتے ہیں۔", "آپ سب قبول کر سکتے ہیں یا اپنی پسند بتا سکتے ہیں۔"),
        "ar": ("خياراتك", "يحفظ هذا الموقع وشركاؤه وعددهم 310 ملفات تعريف الارتباط على جهازك لعرض إعلانات تناسبك.", "يمكنك قبولها كلها أو تحديد ما تسمح به."),
        "ja": ("プライバシーの選択", "当サイトと310社のパートナーは、お使いの端末にクッキーを保存し、広告を表示します。", "すべて同意するか、許可するものを選択してください。"),
    },
    "captcha": {
        "en": ("One more step", "Please show that you are not a robot by solving the captcha below.", "Then you are sent on to the page by itself."),
        "es": ("Un paso más", "Demuestra que no eres un robot resolviendo el captcha de abajo.", "Después se abrirá la página solicitada."),
        "de": ("Noch ein Schritt", "Zeigen Sie bitte, dass Sie kein Roboter sind, indem Sie das Captcha lösen.", "Danach geht es von allein weiter."),
        "fr": ("Encore une étape", "Montrez que vous n'êtes pas un robot en résolvant le captcha ci-dessous.", "La suite s'ouvre toute seule."),
        "ur": ("ایک اور قدم", "براہ کرم ثابت کریں کہ آپ روبوٹ نہیں ہیں۔ نیچے دیا گیا کیپچا حل کریں۔", "پھر مطلوبہ صفحہ خود کھل جائے گا۔"),
        "ar": ("خطوة أخرى", "يرجى إثبات أنك لست روبوتا بحل اختبار التحقق أدناه.", "ثم تفتح الصفحة المطلوبة من تلقاء نفسها."),
        "ja": ("あと一歩です", "下の認証を行い、ロボットではないことを確認してください。", "その後、ページが自動的に表示されます。"),
    },
    "login": {
        "en": ("Members", "Sign in with your e-mail address and your password to go on reading.", "No account yet? Register now, it takes a minute."),
        "es": ("Usuarios", "Inicia sesión con tu correo y tu contraseña para seguir leyendo.", "¿Aún no tienes cuenta? Regístrate ahora en un minuto."),
        "de": ("Anmeldung", "Melden Sie sich mit Ihrer Adresse und Ihrem Passwort an, um weiterzulesen.", "Noch kein Konto? Jetzt registrieren, es dauert eine Minute."),
        "fr": ("Espace lecteurs", "Connectez-vous avec votre adresse et votre mot de passe pour continuer.", "Pas encore de compte ? Inscrivez-vous maintenant, cela prend une minute."),
        "ur": ("اراکین", "پڑھنا جاری رکھنے کے لیے اپنے ای میل اور پاس ورڈ سے لاگ ان کریں۔", "اکاؤنٹ نہیں؟ ابھی رجسٹر کریں، ایک منٹ لگے گا۔"),
        "ar": ("الأعضاء", "سجل الدخول ببريدك الإلكتروني وكلمة المرور لمتابعة القراءة.", "ليس لديك حساب؟ سجل الآن خلال دقيقة."),
        "ja": ("会員の方へ", "続きを読むには、メールアドレスとパスワードでログインしてください。", "アカウントをお持ちでない方は、こちらから無料登録できます。"),
    },
    "paywall": {
        "en": ("For subscribers", "You have read your five free articles of this month.", "Subscribe now for two euros a month and keep reading."),
        "es": ("Para suscriptores", "Ya has leído tus cinco artículos gratuitos de este mes.", "Suscríbete ahora por dos euros al mes y sigue leyendo."),
        "de": ("Für Abonnenten", "Sie haben Ihre fünf Artikel dieses Monats bereits gelesen, bitte melden Sie sich an.", "Jetzt für zwei Euro im Monat abonnieren und weiterlesen."),
        "fr": ("Réservé aux abonnés", "Vous avez déjà lu vos cinq articles du mois, abonnez-vous.", "Abonnez-vous maintenant pour deux euros par mois et continuez la lecture."),
        "ur": ("صرف خریداروں کے لیے", "آپ اس ماہ کے پانچ مفت مضامین پڑھ چکے ہیں، سبسکرائب کریں۔", "ابھی دو یورو ماہانہ پر سبسکرائب کریں اور پڑھنا جاری رکھیں۔"),
        "ar": ("للمشتركين فقط", "لقد قرأت مقالاتك المجانية الخمس لهذا الشهر، اشترك لمتابعة القراءة.", "اشترك الآن بيوروين في الشهر وواصل القراءة."),
        "ja": ("有料会員限定", "今月の無料記事五本をすでにお読みになりました。有料会員登録が必要です。", "購読を申し込むと、全文をお読みいただけます。"),
    },
    "missing": {
        "en": ("Nothing here", "We can't find that page: it may have been deleted or given another address.", "The page does not exist any more. Try the search."),
        "es": ("Nada por aquí", "No encontramos la página: puede que haya sido borrada.", "La página no existe. Prueba con el buscador."),
        "de": ("Nichts da", "Diese Seite existiert nicht mehr oder hat eine andere Adresse.", "Die Seite wurde nicht gefunden. Versuchen Sie die Suche."),
        "fr": ("Rien ici", "Cette page n'existe plus ou a changé d'adresse.", "La page est introuvable. Essayez la recherche."),
        "ur": ("یہاں کچھ نہیں", "یہ صفحہ اب موجود نہیں یا کہیں اور منتقل ہو چکا ہے۔", "صفحہ نہیں ملا۔ تلاش آزمائیں۔"),
        "ar": ("لا شيء هنا", "هذه الصفحة غير موجودة أو نقلت إلى عنوان آخر.", "لم يتم العثور على الصفحة. جرب البحث."),
        "ja": ("何もありません", "このページは存在しません。または別のアドレスに移動しました。", "ページが見つかりません。検索をお試しください。"),
    },
    "maintenance": {
        "en": ("A short break", "The site is under maintenance since this morning.", "We will be back in an hour. Please try again later."),
        "es": ("Una pausa", "El sitio está en mantenimiento desde esta mañana.", "Volveremos dentro de una hora."),
        "de": ("Kurze Pause", "Seit heute früh finden Wartungsarbeiten statt.", "In Kürze wieder da: Die Seite ist vorübergehend nicht erreichbar."),
        "fr": ("Une pause", "Le site est en maintenance depuis ce matin.", "Il est temporairement indisponible, de retour dans une heure."),
        "ur": ("مختصر وقفہ", "آج صبح سے سائٹ کی دیکھ بھال جاری ہے۔", "ہم جلد واپس آئیں گے۔"),
        "ar": ("توقف قصير", "الموقع تحت الصيانة منذ الصباح.", "سنعود بعد ساعة."),
        "ja": ("少々お待ちください", "今朝からメンテナンス中です。", "しばらくしてから、もう一度アクセスしてください。"),
    },
    "place": {
        "en": ("Not here", "This page is not available in your country for legal reasons.", "Readers in your region can't open it."),
        "es": ("Aquí no", "Esta página no está disponible en tu país por motivos legales.", "En tu región no se puede abrir."),
        "de": ("Hier nicht", "Diese Seite ist in Ihrem Land aus rechtlichen Gründen nicht verfügbar.", "In Ihrer Region lässt sie sich nicht öffnen."),
        "fr": ("Pas ici", "Cette page n'est pas disponible dans votre pays pour des raisons légales.", "Depuis votre région, elle ne s'ouvre pas."),
        "ur": ("یہاں نہیں", "یہ صفحہ قانونی وجوہات کی بنا پر آپ کے ملک میں دستیاب نہیں۔", "آپ کے علاقے میں یہ نہیں کھلتا۔"),
        "ar": ("ليس هنا", "هذه الصفحة غير متاحة في بلدك لأسباب قانونية.", "لا يمكن فتحها في منطقتك."),
        "ja": ("ご利用できません", "法的な理由により、お住まいの国からはご覧いただけません。", "お使いの地域からはアクセスできません。"),
    },
    "script": {
        "en": ("", "Please turn on JavaScript to see this page.", "JavaScript is disabled in this browser."),
        "es": ("", "Activa JavaScript para ver esta página.", "Este navegador tiene JavaScript sin activar."),
        "de": ("", "Bitte aktivieren Sie JavaScript, um diese Seite zu sehen.", "Ohne aktiviertes JavaScript geht es nicht."),
        "fr": ("", "Activez JavaScript pour voir cette page.", "Il faut activer JavaScript dans ce navigateur."),
        "ur": ("", "یہ صفحہ دیکھنے کے لیے جاوا اسکرپٹ فعال کریں۔", "براہ کرم جاوا اسکرپٹ آن کریں۔"),
        "ar": ("", "يرجى تفعيل جافا سكريبت لعرض هذه الصفحة.", "يجب تشغيل جافا سكريبت في المتصفح."),
        "ja": ("", "このページを表示するにはJavaScriptを有効にしてください。", "JavaScriptの有効化が必要です。"),
    },
}  # fmt: skip


def wall_page(kind: str, language: str, *, headline: str = "", above: str = "") -> str:
    """A page of ``kind``; ``headline`` in its metadata, as where only the body is replaced, and ``above`` it."""
    title, *said = WALLS[kind][language]
    head = f'<title>{headline or title}</title><meta property="og:title" content="{headline}">'
    body = f"<h1>{headline or title}</h1>{above}<h2>{title}</h2>" + "".join(f"<p>{one}</p>" for one in said)
    if kind == "script":
        body = f'<div id="root"></div><noscript><p>{said[0]}</p></noscript><p>{said[1]}</p>'
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">{head}</head><body>'
        f'<header><a href="/">Post</a></header><main>{body}<form><input><button>OK</button></form></main>'
        "<footer><p>© Post</p></footer></body></html>"
    )
