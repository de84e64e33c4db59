"""What the students' side says beside the profile's texts."""

HELP = (
    "Escríbeme tu pregunta con tus palabras y te respondo. También puedes usar:\n\n"
    "/temas – ver por temas lo que sé\n"
    "/practica – practicar con preguntas\n"
    "/persona – hablar con una persona\n"
    "/privacidad – qué guardo y para qué\n"
    "/misdatos – recibir lo que guardo de ti\n"
    "/borrar – borrar lo que guardo de ti"
)
PRIVACY_LINE = "Guardo lo que conversamos para mejorar las respuestas; con /borrar lo eliminas cuando quieras."
PRIVACY = (
    "Guardo tus preguntas, mis respuestas y tus 👍 y 👎 para responderte mejor. Antes de guardarlas oculto números de "
    "DNI, tarjetas, teléfonos, correos y claves; aun así, no los escribas aquí.\n\n"
    "No guardo tu nombre ni tu teléfono; solo el número de este chat, para poder responderte. Si pides hablar con una "
    "persona, el personal ve tu nombre en Telegram y lo que conversamos.\n\n"
    "{kept}Con /misdatos recibes todo lo que guardo de ti, y con /borrar lo eliminas."
)
KEPT_DAYS = "Se borra por sí solo a los {days} días. "
SUGGESTED = "Por ejemplo, puedes preguntarme:"
UNKNOWN_COMMAND = "No conozco ese comando. Con /ayuda ves los que tengo; o escríbeme tu pregunta, nada más."
ONLY_IN_PRIVATE = "Eso te lo respondo en privado: abre mi perfil y escríbeme ahí."
GROUP = (
    "¡Hola! Soy el asistente de {name}. Para preguntarme algo aquí, menciona @{username} o responde a un mensaje mío."
)
STALE_BUTTON = "Ese botón ya no vale. Escríbeme tu pregunta y te ayudo."

CORRECTED = "Vi que corregiste tu mensaje:"
ONLY_THE_TEXT = "No puedo ver imágenes ni archivos, así que leí solo tu texto."

IN_QUEUE = "Tu pregunta está en la cola (puesto {place}). Te respondo en cuanto llegue tu turno."
CANCEL = "Cancelar"
CANCELLED = "Cancelado. Cuando quieras, pregúntame otra cosa."
ANSWERED = "Listo, ya te respondí."
NOT_ANSWERED = "Esta vez no pude responderte."
NOT_YOURS_TO_CANCEL = "Solo puede cancelar la pregunta quien la hizo."

TOPICS = "¿Sobre qué tema quieres saber?"
TOPIC = "Preguntas sobre {topic}:"
OTHER_TOPICS = "Otras"
NO_TOPICS = "Todavía no tengo respuestas aprobadas. Escríbeme tu pregunta y se la paso al personal."
MORE, BACK = "Más ›", "‹ Temas"

MY_DATA = "Aquí está todo lo que guardo de este chat."
NO_DATA = "No guardo nada de este chat."
SURE_TO_DELETE = "¿Borro todo lo que guardo de este chat? No se puede deshacer."
YES_DELETE, NO_DELETE = "Sí, borrar todo", "No"
DELETED = "Listo: borré todo lo que guardaba de este chat. Si me escribes de nuevo, empezamos desde cero."
NOT_DELETED = "De acuerdo, no borré nada."

PERSON_ASKED = (
    "Ya avisé al personal: te responderán por aquí en cuanto puedan. Lo que escribas desde ahora les llega a ellos."
)
PERSON_ASKED_ALREADY = "El personal ya está avisado y lee lo que escribes. Para volver conmigo usa el botón o /bot."
NO_PERSON = "Ahora no hay nadie del personal en este chat. Escríbeme tu pregunta y, si no la sé, se la dejo."
NO_PERSON_BUT_NOTED = "Ahora no hay nadie del personal en este chat. Les dejé tu pregunta y te escribo si la responden."
BACK_TO_BOT = "Volver al asistente"
BACK_AGAIN = "Listo, te atiendo yo otra vez. ¿Qué te gustaría saber?"
NEVER_LEFT = "Aquí estoy: ya estás conversando con el asistente."
CORRECTION = "(corrección) {text}"
PERSON_GOT_THE_TEXT = "Le pasé tu texto a la persona que te atiende; las imágenes y los archivos no le llegan."
PERSON_SEES_TEXT_ONLY = "La persona que te atiende solo puede leer textos por aquí: cuéntaselo con palabras, por favor."

NO_PRACTICE = "Todavía no tengo preguntas suficientes para practicar. Escríbeme la tuya y te respondo."
RIGHT = "¡Correcto! Llevas {right} de {answered}."
WRONG = "Casi. La respuesta era:\n\n{answer}\n\nLlevas {right} de {answered}."
ANOTHER = "Otra pregunta"

VOICE = "Aún no escucho audios. ¿Me lo escribes, por favor?"
PICTURE = "No puedo ver imágenes ni archivos. Cuéntame con palabras qué necesitas y te ayudo."
STICKER = "¡Gracias! 😊 Si tienes una pregunta, escríbemela."
LOCATION = "No uso tu ubicación. Si quieres saber cómo llegar, pregúntame: «{question}»"
WHERE = "¿Dónde queda {name}?"
OTHER_MEDIA = "Eso no lo puedo leer. Escríbeme tu pregunta y te ayudo."

MENU = (
    ("start", "Empezar"),
    ("ayuda", "Qué puedo hacer"),
    ("temas", "Ver por temas lo que sé"),
    ("practica", "Practicar con preguntas"),
    ("persona", "Hablar con una persona"),
    ("privacidad", "Qué guardo y para qué"),
    ("misdatos", "Recibir lo que guardo de ti"),
    ("borrar", "Borrar lo que guardo de ti"),
)
"""The command menu: names and descriptions."""
