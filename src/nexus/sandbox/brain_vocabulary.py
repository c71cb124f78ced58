"""Word lists of the demo brain, folded: lower case, no accents."""

from __future__ import annotations

COLOURS = frozenset(
    {"amarill", "azul", "beig", "blanc", "bord", "celest", "gris", "lila", "marron", "natural", "negr"}
    | {"piel", "roj", "ros", "salmon", "verd", "violet"}
)
"""Stems of colours: a message of these alone narrows the product spoken of before."""

WEAK = frozenset({"danza", "danzas", "baile", "bailar", "ballet"})
"""In a dance shop these match everything; they are searched for only when nothing else is left."""

_STOP_WORDS = """
a al algo algun alguna algunas alguno algunos ante aca ahi ahora aun aunque bien bueno buena cada casi
como con contra cual cuales cualquier cuando cuanta cuantas cuanto cuantos de del desde donde dos e el
ella ellas ellos en entre era eran es esa esas ese eso esos esta estan estar estas este esto estos fue
ha hasta hay igual la las le les lo los mas me mi mis mucho muy nada ni no nos o otra otras otro otros
para pero poco por porque pues que quien se ser si sin sobre solo son soy su sus suyo tal tambien tan te
ti tipo toda todas todo todos tu tus un una unas uno unos va vos voy y ya yo hola holis buenas buenos
buen dia dias tarde tardes noche noches gracias favor porfa porfavor please chau disculpa disculpe
perdon consulta consultar consultarte pregunta preguntar queria querria quisiera quiero quieren quiere
necesito necesitaria necesita busco buscando buscaba buscar ando tenes tienen tiene tienes tenemos
tendran tendras tendria vendes venden vende vender consigo conseguir hacen trabajan manejan interesa
interesaria interesado interesada gustaria comprar compro comprarme comprarte llevar llevo pedir saber
ver verlo verla mostrame mostrar mostras mostrarme pasame pasas pasar pasarme mandame mandas mandar
decime decir dame das contame podes podrias puedo puede pueden podria avisame precio precios sale salen
saldra saldria vale valen cuesta cuestan costo costos valor valores barato barata baratos baratas oferta
ofertas descuento descuentos promo promos stock disponible disponibles disponibilidad queda quedan quedo
quedaron link enlace foto fotos imagen pagina web talle talles talla tallas numero nro medida color
colores modelo modelos producto productos articulo articulos marca tienda local nena hija hijo mia mio
regalo clase clases sos ok dale genial barbaro perfecto entonces aproximadamente categoria seccion rubro
persona humano pares par unidades unidad jaja jajaja che amiga amigo linda lindo n t xs s m l xl xxl
xxxl
hacer hago pedido pedidos buenisimo buenisima alguien catalogo novedades cosa cosas aqui ayuda ayudar ayudame
llamo nombre hoy manana semana urgente info informacion detalle detalles dato datos mira miren mire confirmo confirmado
"""

STOP = frozenset(_STOP_WORDS.split())
"""Words that are never searched for: articles, courtesy, and the verbs and nouns of shopping itself."""
