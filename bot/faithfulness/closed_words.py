"""Closed classes of Spanish and English words, folded: what holds sentences together, and what turns them round.

Lists, not rules: every other module here is language-free but for what stands in this file.
"""

import re

SPANISH = frozenset(
    """a al algo algun alguna algunas algunos alla alli ante aqui asi aun aunque bien bueno cada casi claro como con
    contigo cual cuales cualquier cuando cuanta cuanto cuantos de del desde donde durante e el ella ellas ellos en
    entre era eres es esa esas ese eso esos esta estan estar estas este esto estos fue fueron ha hacia han has hasta
    hay he incluso la las le les lo los luego mas me menos mi mientras mis mismo misma muy ni no nos nosotros
    nuestra nuestras nuestro nuestros nunca o os otra otras otro otros para pero por porque pues que quien quienes
    se sea sean segun ser si siempre sin sino sobre solo somos son soy su sus tal tambien tampoco tan tanto te ti
    toda todas todo todos tras tu tus u un una unas uno unos usted ustedes y ya yo ademas entonces asimismo
    respectivamente aproximadamente""".split()
)
ENGLISH = frozenset(
    """a about after all also although am an and any are as at be because been before being both but by can could did
    do does each for from had has have here how if in into is it its just may might more most must no nor not of on
    once only or other our ours out over per shall she should since so some such than that the their them then there
    these they this those through to too under until up very was we were what when where which while who whom whose
    why will with within without would you your yours i me my he his her him us yes however please""".split()
)
LIGHT = frozenset(
    """tener tiene tienes tienen tenemos tengo poder puede puedes pueden podras podra podran puedas pueda deber debe
    debes deben debera deberas haber habra hacer hace haces hacen haga hacerlo ir va van vas ser estar cuenta
    cuentan contamos ofrece ofrecen ofrecemos brinda brindan brindamos dar da dan damos dicta dictan realiza
    realizan realizar encuentra encuentran encontrar ubica ubicado ubicada ubicados queda quedan permite permiten
    existe existen corresponde trata consiste consistente llama llamar llamado llamada denomina significa siglas
    decir dice dicen vez veces caso parte forma manera tipo cosa cosas gusto hola gracias favor info informacion
    costo cuesta cuestan precio valor vale pagar paga pagas pagan pago dura duran duracion demora tarda tardan
    tiempo horario dia dias hora horas mes meses semana semanas año años necesita necesitas necesario requiere
    requieren usar usa usas usan sirve sirven busca quiere quieres desea deseas esos disponible disponibles mensual
    mensuales anual anuales semanal semanales posible actualmente igual ambos ambas persona personas recibe recibes
    recibir obtiene obtienes obtener considera llevar lleva llevas utiliza utilizar termina terminar get gets give
    gives given got make makes need needs offer offers offered provide provides take takes cost costs price pay paid
    last lasts long time called available located find use uses used month months week weeks day days hour hours
    year years want wants like know means run runs hold held thanks hello sure way""".split()
)
"""Words that a rephrasing may bring along: alone they state nothing about a school."""

NEGATIONS = frozenset(
    """no ni nunca jamas sin tampoco ningun ninguna ninguno nadie nada not never nor neither without none nobody nothing
    cannot dont doesnt didnt isnt arent wasnt cant wont""".split()
)
MUST = re.compile(
    r"\b(?:deb(?:e|es|en|emos|er|era|eras|eran|eremos|ia|ian)|obliga\w*|exig\w*|requ[ie]\w*|neces\w*|pid[eo]n?|hay que"
    r"|t[ie]+nes? que|must|mandatory|compulsory|need\w*|ha(?:s|ve) to)\b"
)
CAN = re.compile(r"\b(?:pued\w*|podr\w*|podemos|opcional\w*|optional\w*|voluntari\w*|can|could|may|might)\b")
"""What obliges and what permits: the one for the other is a fault."""

WEEKDAYS = dict(
    zip(
        """lunes martes miercoles jueves viernes sabado domingo
        monday tuesday wednesday thursday friday saturday sunday""".split(),
        [*range(1, 8), *range(1, 8)],
        strict=True,
    )
)
MONTHS = dict(
    zip(
        """enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
        january february march april may june july august september october november december""".split(),
        [*range(1, 13), *range(1, 13)],
        strict=True,
    )
) | {"setiembre": 9}

HALVES_OF_DAY = {
    "mañana": range(0, 13), "morning": range(0, 13), "tarde": range(12, 19), "afternoon": range(12, 19),
    "noche": range(18, 24), "evening": range(17, 24), "night": range(18, 24),
}  # fmt: skip
"""The hours that make each half of the day."""

OPPOSITES = tuple(
    (frozenset(one.split()), frozenset(other.split()))
    for one, other in (
        ("antes before", "despues luego after tras"),
        ("desde since", "hasta until"),
        ("minimo minima minimos minimas minimum", "maximo maxima maximos maximas maximum"),
        ("mayor mayores older", "menor menores younger"),
        ("mas more", "menos less fewer"),
        (
            "bajo baja bajos bajas barato barata low lower cheap",
            "alto alta altos altas caro cara high higher expensive",
        ),
        ("corto corta cortos short shorter", "largo larga largos"),
        ("virtual virtuales online remoto remota", "presencial presenciales person campus"),
        ("debito debit", "credito credit"),
        ("activo activos", "pasivo pasivos"),
        ("simple", "compuesto compound"),
        ("primero first", "ultimo ultima"),
        ("abierto abierta open opens abre abren", "cerrado cerrada closed closes cierra cierran"),
        ("digital electronico", "fisico fisica impreso paper"),
        ("arriba above", "debajo below"),
        ("vendedor seller", "comprador buyer"),
        ("inicial initial", "final"),
        ("aumenta aumentan sube suben increases", "reduce reducen baja bajan decreases"),
    )
)
"""Words that turn a statement round: one that no passage holds is a fault where its opposite stands in one."""

FREE = (
    r"\b(?:gratis|gratuit\w*|free|sin (?:\w+ )?(?:costo|pagar|cobr\w+)|no (?:se )?(?:paga|cobra|cuesta)"
    r"|no tiene (?:ningun )?costo"
    r"|(?:no|any) (?:cost|charge))"
)
CLAIMS = tuple(
    (re.compile(claim), re.compile(ground))
    for claim, ground in (
        (FREE, FREE),
        (r"\binclu\w*", rf"\binclu|{FREE}"),
        (r"\b(?:obligator\w*|mandatory|compulsory)", MUST.pattern),
        (r"\b(?:opcional\w*|voluntari\w*|optional\w*)", CAN.pattern),
        (r"\b(?:garanti\w*|asegura\w*|guarant\w*|ensure\w*)", r"\b(?:garanti|asegura|guarant|ensure)\w*"),
        (
            r"\b(?:sol[oa]s?|solamente|unic[oa]s?|unicamente|exclusiv\w*|only)\b",
            r"\b(?:sol[oa]|unic|exclusiv|only|just|single)",
        ),
        (
            r"\b(?:tod[oa]s|siempre|cualquier\w*|always|every\w*)\b",
            r"\b(?:tod[oa]|siempre|cualquier|cada|igual|all|always|every|any|each)",
        ),
        (r"\b(?:inmediat\w*|immediate\w*|instant\w*)", r"\b(?:inmediat|immediate|instant|momento|directo)"),
        (r"\b(?:descuentos?|discounts?|promocion\w*)\b", r"\b(?:descuento|discount|promocion|rebaja)"),
    )
)
"""What promises, and what a passage must then hold."""
