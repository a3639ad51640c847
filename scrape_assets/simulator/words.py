"""The sentences that invented people write, in several scripts. Who says them is decided elsewhere."""

# ruff: noqa: RUF001 -- the quotation marks are those of each language

from html import escape
from urllib.parse import quote

SENTENCES: dict[str, tuple[str, ...]] = {
    "en": (
        "Three years ago we drew this on a napkin, and today the first line is running.",
        "What surprised us most was not the result but how quickly people changed their habits.",
        "We're hiring a field engineer who would rather fix a pump than write a slide about it.",
        "A short note on what failed: the sensor survived the winter, its battery did not. 🔋",
        "If you're at the harbour forum next week, come and say hello at the small stand by the stairs.",
        "Thank you to everybody who stayed until midnight to see the numbers come in. 🙏",
        "The pilot covered 14 districts, 2,300 households & one very patient municipal archivist.",
        'People keep asking "does it scale?" and the honest answer is: not yet.',
        "Here is the part nobody puts in the press release: we rebuilt the model twice.",
        "Open data is only open when somebody answers the e-mails about it.",
        "I spent the morning with a class of ten-year-olds who found two bugs in our map. 👩‍🔬🗺️",
        "Costs fell by 18% <in the first quarter alone>, and we think most of that will last.",
        "Our new report is out; the summary fits on one page and the doubts fill three.",
        "Good infrastructure is invisible until the day it is missing.",
        "We will publish the whole data set in spring, with everything we got wrong left in.",
        "Proud of this team 💙 – more soon…",
    ),
    "it": (
        "Oggi apriamo il laboratorio alla città: venite a vedere come misuriamo l’acqua.",
        "La ricerca è fatta di tentativi, e questa volta è andata bene.",
        "Grazie a chi ci ha creduto quando c’era solo un’idea. 🙌",
        "Pubblichiamo i dati in primavera, errori compresi.",
        "Cerchiamo una persona curiosa, che ami sporcarsi le mani.",
        "Perché serve? Perché nessuno l’ha mai misurato prima.",
    ),
    "fr": (
        "Nous avons passé l’été à mesurer ce que personne ne regardait.",
        "Merci à toutes les équipes, à Lyon comme à Dakar. 🌍",
        "Le rapport complet paraîtra en avril ; la version courte tient sur une page.",
        "Ce n’est pas parfait, mais c’est utile dès aujourd’hui.",
        "Rendez-vous jeudi pour la présentation publique.",
    ),
    "de": (
        "Heute ging die erste Straße ans Netz – größer, als wir es je geübt hatten.",
        "Ein ehrlicher Rückblick: zwei Prototypen fielen durch, der dritte hält.",
        "Wir suchen Menschen, die lieber messen als mutmaßen.",
        "Danke an alle, die bis spät geblieben sind! 💪",
        "Die Daten veröffentlichen wir im Frühjahr, samt aller Fehler.",
    ),
    "nl": (
        "Vandaag ging de eerste boot het water op, en hij bleef drijven. ⛵",
        "We publiceren alles, ook wat mislukte.",
        "Dank aan iedereen die in de regen bleef staan.",
    ),
    "es": (
        "¿Quién dijo que no se podía? Mañana lo enseñamos en público.",
        "El año pasado medimos el ruido de cien calles; este año, el silencio.",
        "Gracias al equipo por no rendirse. 🎉",
        "Publicaremos los datos en primavera, con todos sus errores.",
    ),
    "he": (
        "השבוע השקנו את המפה החדשה, והיא פתוחה לכולם.",
        "תודה לכל מי שעזר לנו לבדוק את הנתונים (v2.1) עד מאוחר בלילה.",
        "מחפשים מהנדסת שטח שאוהבת לפרק דברים. 🔧",
        "הדוח המלא יתפרסם באביב.",
    ),
    "ar": (
        "اليوم بدأنا قياس حركة المرور في ١٢ حيًّا، والنتائج الأولى مدهشة.",
        "شكرًا لكل من شارك في ورشة العمل بمدينتنا. 🌟",
        "المدينة الجيدة تُقاس بأرصفتها قبل طرقها.",
        "سننشر البيانات كاملة في الربيع (open data).",
    ),
    "ja": (
        "本日、新しい試作機を公開しました。ご来場ありがとうございました。",
        "失敗した案も、すべて資料に残しています。",
        "デザインは、使う人の時間を尊重することだと思います。✨",
        "来週の展示会でお会いしましょう。",
    ),
}

HASHTAGS = (
    "opendata",
    "energytransition",
    "Robotics",
    "fieldwork",
    "waterquality",
    "UrbanMobility",
    "hiring",
    "research_note",
    "Sustainability",
    "città",
    "größe",
    "नवाचार",
    "設計",
    "مدن",
    "Week42",
)

TITLES = (
    "What the winter taught our sensors",
    "Five doubts about digital twins",
    "A quiet year for the grid",
    "Why we publish our mistakes",
    "Der lange Weg zur Messung",
    "L’acqua, la città e i numeri",
    "The archivist who saved the pilot",
    "Small boats, big data?",
)

COMMENTS = (
    "Congratulations!",
    "Bravissimi 👏👏",
    "How long did the battery last in the end?",
    "مبروك 🎉",
    "Interesting, though I'd like to see the raw data.",
    "Danke fürs Teilen",
)


# By language: the sentences as text and as the vendor's HTML. Each list stands there twice, so that as many
# as there are can be taken in a row from any start.
SPOKEN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    language: (texts * 2, tuple(escape(text, quote=False).replace("'", "&apos;") for text in texts) * 2)
    for language, texts in SENTENCES.items()
}
HASHTAG_PATHS = {tag: quote(tag) for tag in HASHTAGS}
SLUG_WORDS = tuple(
    "-".join(word for word in "".join(c if c.isascii() and c.isalnum() else " " for c in text).split()[:5]).lower()
    for text in SENTENCES["en"]
)
