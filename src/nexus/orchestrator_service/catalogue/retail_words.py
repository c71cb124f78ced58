"""What Argentine customers call things: words that say nothing, colours, units, and what means the same in any shop.

All of it is folded: lower case, without accents. A shop adds its own synonyms in the panel.
"""

from nexus.orchestrator_service.catalogue.words import stem_of

_FILLER = """
a al algo algun alguna alguno algunas algunos aca ahi ahora alla alli ante antes aun bien buen buena buenas bueno
buenos busca buscaba buscando busco buscamos cada capaz che como con comprar compro conseguir consulta consultar cosa
cosas cual cuales cuando cuanto cuanta cuantos cuantas cuesta cuestan da dan dar de del desde dia dias dio disculpa
disponible disponibles donde dos e el ella ellas ellos en entre era eran es esa esas ese eso esos esta estaba estan
estar estas este esto estos estoy favor fijas gracias gustaria ha haber habia hace hacer hacerme hacen hago hasta hay
hija hijo hijos hijas hola igual info informacion ir la las le les lo los llevar llevo manda mandame mas me mejor mi mis
mira misma mismo modelo modelos mostrame mostrar muestra muestrame muy necesitamos necesitaria necesito ni no nos o
onda otra otro otras otros para pasame pasas pero podes podrias pone poner por porfa porfavor posible precio precios
pregunta preguntar primera primero producto productos puede puedo que quedan quedo queres queria queremos quien quienes
quiere quiero quisiera recien saber se sea sean ser si sirve sirven sobre son stock su sus tal tambien tanto te tendran
tendria tendrian tendras tenes teneis tenemos tener tengo tenian tenia tiene tienen tipo toda todas todo todos traen
trajeron tu tus un una uno unos unas usar uso usa va vale valen van vende venden vendes ver vi viene vienen vos y ya yo
ropa prenda prendas articulo articulos linea seccion categoria variedad opciones opcion hermosa lindo linda
"""
FILLER = frozenset(_FILLER.split())
"""Words of talking, not of looking for."""

SIZE_CUES = frozenset({"talle", "talles", "talla", "tallas", "numero", "nro", "num", "medida", "calzo"})
"""What comes before a size."""

SIZE_LETTERS = frozenset({"xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl"})

PURPOSE = frozenset({"para", "porta", "con", "sin"})
"""In a product's name, what follows says what it is for or has, not what it is."""

UNITS = {
    "m": "m", "mt": "m", "mts": "m", "metro": "m", "metros": "m", "cm": "cm", "cms": "cm", "centimetros": "cm",
    "centimetro": "cm", "mm": "mm", "milimetros": "mm", "milimetro": "mm", "l": "l", "lt": "l", "lts": "l",
    "litro": "l", "litros": "l", "ml": "ml", "cc": "ml", "mililitros": "ml", "kg": "kg", "kgs": "kg", "kilo": "kg",
    "kilos": "kg", "k": "kg", "g": "g", "gr": "g", "grs": "g", "gramos": "g", "w": "w", "watt": "w", "watts": "w",
    "a": "a", "amp": "a", "amper": "a", "amperes": "a", "amperios": "a", "v": "v", "volt": "v", "volts": "v",
    "pulgada": "pulg", "pulgadas": "pulg", "pulg": "pulg", '"': "pulg", "anos": "", "ano": "", "hojas": "hojas",
}  # fmt: skip
"""A unit as it is written, and what stands for it; an age is a size without a unit."""

_COLOURS = """
negro blanco gris rojo azul celeste verde amarillo naranja rosa rosado fucsia lila violeta morado bordo borravino vino
marron beige crudo natural nude piel dorado plateado salmon coral turquesa terracota mostaza chocolate camel marino
aqua lavanda ocre marfil tostado habano
"""
COLOURS = frozenset(stem_of(word) for word in _COLOURS.split())
"""Stems of what a colour is called."""

_SAME = """
remera playera
remera camiseta
pollera falda
campera chaqueta
buzo sudadera hoodie
zapatilla zapa sneaker
calza leggings leggin
corpino sosten brasier
media calcetin
soquete zoquete
cancan panty pantimedia media
malla leotardo
jean vaquero
pantalon jogging jogger
anteojo lente gafa
ojota chancleta chinela
zueco crocs
abrojo velcro
rompeviento rompevientos cortaviento
nena nina infantil kids
nene nino infantil kids
chicos infantil nino
bebe bebes
varon hombre masculino caballero
mujer dama femenino
rodete peinado
taladro agujereadora
mecha broca
lampara foco lamparita bombita
canilla grifo griferia
alargue prolongador
enchufe toma ficha
inodoro water
pegamento adhesivo cola
calefactor estufa caloventor
tarugo taco
celular celu
lapicera birome boligrafo
pava hervidor
pileta piscina natacion
mancuerna pesa
pelota balon
colchoneta mat
soga cuerda
padel paddle
bordo borravino vino
nude piel
crudo natural
rosa rosado
"""
SYNONYMS: tuple[tuple[str, ...], ...] = tuple(tuple(line.split()) for line in _SAME.strip().splitlines())
"""Words that mean the same, a line each, either way."""
