"""How a seller says that something was done, or will be: folded Spanish, by what would have to be done for it."""

import re

TE = r"""(?:(?:ya\s+)?(?:te|le|les|se|me|os)\s+(?:(?:l[oae]s?|l[oa])\s+)?
    |(?:ya|recien)\s+(?:(?:te|le|les|l[oa]s?|se)\s+){0,2}|l[oa]s?\s+)"""
_OPTIONAL = r"(?:(?:ya|recien|te|le|les|l[oa]s?|se)\s+){0,3}"
_GOING = r"""(?:(?:te|le|les|l[oa]s?)\s+){0,2}(?:voy|vamos)\s+a\s+
    |(?:te|le|les|l[oa]s?)\s+(?:l[oa]s?\s+)?(?:estoy|estamos|estare)\s+"""
_STANDS = r"""(?:he|hemos|habia|tengo|dejo|deje|dejamos|dejare|queda|quedo|quedan|quedaron|quedas|quedaste|esta|estan
    |estas|fue|fueron|tenes|ya|listo|hecho|perfecto|dale|genial|buenisimo)"""
CREW = r"""(?:una?\s+(?:persona|asesora?|vendedora?|companer[oa]|chic[oa]|represent\w+|human[oa]|agente|colega)|alguien
    |el\s+equipo|la\s+(?:duena|encargada)|el\s+(?:dueno|encargado)|nuestr[oa]\s+\w+|mis\s+companer[oa]s|l[oa]s\s+chic[oa]s)"""
_MAILBOX = r"(?:mail|e-?mail|correo|casilla|sms)"


def said_of(*stems: str) -> str:
    """Every way to say that one does it: did, do, am doing, will, have done, is done; stems without their endings."""
    stem = "|".join(stems)
    return rf"""\b{_OPTIONAL}(?:{stem})e\b|\b{TE}(?:{stem})amos\b|\b{TE}(?:{stem})o\b
        |\b(?:{_GOING})(?:{stem})(?:ar|ando)(?:te|l[eoa]s?|tel[oa]s?|sel[oa]s?)?\b|\b{TE}(?:{stem})ar(?:e|emos)\b
        |\b{_STANDS}\b[\s,:!.]*(?:\w+\s+){{0,4}}?(?:{stem})ad[oa]s?\b|(?:^|[.!?\n(]\s*)\W*(?:{stem})ad[oa]s?\b
        |\b(?:{stem})ad[oa]s?\s*!"""


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.VERBOSE)


HANDED_OVER = _words(
    rf"""{said_of("deriv", "contact")}
    |\b(?:te|l[oa])\s+(?:paso|pase|pasamos|comunico|comunique|transfiero|transferi|conecto|conecte)\s+(?:ahora\s+|ya\s+)?
        (?:con|a)\s+(?:el|la|un|una|los|las|alguien|mi|nuestr)
    |\b(?:(?:te|l[oa])\s+)?(?:voy|vamos)\s+a\s+(?:pasar|comunicar|transferir|conectar)(?:te)?\s+(?:con|a)\b
    |\b{_OPTIONAL}(?:avise|aviso|avisamos|pase|paso|reenvie|comente|comento|pedi|pido|consulte|informe|notifique)\s+
        (?:(?:tu|el|la|los|todo)\s+(?:\w+\s+){{0,2}})?(?:a|al|con)\s+
        (?:{CREW}|equipo|encargad\w+|duen\w+|area|sector|deposito|administracion|ventas|soporte|local)
    |\b{CREW}\s+(?:\w+\s+){{0,4}}?(?:te|ya)\s+
        (?:va\s+a|van\s+a|esta|estan|contact|escrib|llam|respond|atend|lo\s+|la\s+)
    |\bte\s+(?:van|va)\s+a\s+(?:contactar|llamar|escribir|responder|atender)
    |\bte\s+(?:contactan|llaman|escriben|responden|atienden|contactaran?|llamaran?|escribiran?|responderan?)\b
    |\b(?:equipo|encargad\w+|duen\w+|asesor\w*)\s+(?:ya\s+)?(?:esta|quedo|fue)\s+(?:al\s+tanto|avisad|notificad|enterad)"""
)
NOTICE = _words(
    rf"""{said_of("avis", "notific", "notifiqu")}
    |\bte\s+(?:escribo|escribire|escribimos|mando\s+un\s+mensaje|doy\s+aviso)\s+(?:\w+\s+){{0,3}}?
        (?:cuando|apenas|ni\s+bien|en\s+cuanto|manana|luego|despues|si|ahora|enseguida)
    |\bte\s+(?:llamo|llame|llamamos|llamaremos|llamare)\b|\bte\s+va\s+a\s+llegar\s+(?:un|el)\s+aviso
    |\b(?:recibis|recibiras|vas\s+a\s+recibir|te\s+llega|te\s+va\s+a\s+llegar)\s+(?:un|el|una)\s+
        (?:aviso|mail|correo|notificacion|mensaje|confirmacion)
    |\bqueda(?:s|ste)?\s+en\s+(?:la\s+)?lista\s+de\s+espera|\bte\s+(?:sume|anote|agregue|puse)\s+(?:a|en)\s+la\s+lista"""
)
BY_MAIL = re.compile(rf"\b{_MAILBOX}\b")
SENT = _words(
    rf"""{said_of("mand", "envi", "reenvi", "adjunt")}
    |\b(?:por|a\s+tu|al)\s+{_MAILBOX}\b[^.!?\n]{{0,30}}\b(?:te|ya)\s+(?:l[oa]s?\s+)?(?:mand|envi|paso|pase)
    |\b(?:te|ya)\s+(?:\w+\s+){{0,3}}?(?:paso|pase|llega|llego|llegara)\b[^.!?\n]{{0,40}}\b(?:por|al|a\s+tu)\s+{_MAILBOX}"""
)
HELD = _words(
    rf"""{said_of("reserv", "separ", "guard", "apart", "agend", "anot", "program", "registr", "apunt", "bloque")}
    |\b(?:hice|hicimos|dejo|deje|dejamos|tenes|queda|quedo|esta|tome|tomamos|te\s+tomo)\s+
        (?:(?:hecha|lista|asegurad[oa]|armada)\s+)?(?:la|tu|una|el)\s+(?:reserva|turno|cita|lugar\s+guardado|nota)\b
        (?!\s+(?:libre|disponible))
    |\btom(?:e|amos|o)\s+nota\b
    |\b(?:reserva|turno|cita)\s+(?:(?:ya\s+)?(?:esta|qued[oa])\s+)?(?:confirmad|hech|list|tomad|agendad)[oa]\b
    |\b(?:confirme|confirmamos|te\s+confirm[oe])\s+(?:(?:tu|el|la|un)\s+)?(?:turno|reserva|cita|lugar)
    |\bquedas(?:te)?\s+confirmad[oa]|\b(?:te\s+esper(?:o|amos)|nos\s+vemos)\s+[^.!?\n]{{0,30}}\ba\s+las?\b
    |\bte\s+l[oa]s?\s+(?:tengo|tenemos)\s+(?:aca|guardad|separad|reservad|apartad)
    |\b(?:es|son)\s+tuy[oa]s?\b|\bte\s+asegur[eo]\s+(?:el|la|un|tu)\s+(?:lugar|stock|par|talle|turno)"""
)
CANCELLED = _words(
    rf"""{said_of("cancel", "anul", "elimin", "borr")}|\b(?:di|dimos)\s+de\s+baja|\bdad[oa]\s+de\s+baja"""
)
CHANGED = _words(
    rf"""{said_of("cambi", "modific", "modifiqu", "actualiz", "actualic", "reprogram", "reagend", "edit")}
    |\b(?:ya\s+)?(?:te\s+)?(?:l[oa]s?\s+)?(?:movi|corri|corregi|movimos|corrimos)\b
    |\b(?:te\s+)?l[oa]\s+pase\s+(?:para|al|a)\b|\bpase\s+(?:tu|el)\s+(?:turno|pedido)"""
)
DISCOUNTED = _words(
    rf"""{said_of("bonific", "bonifiqu", "rebaj", "descont", "descuent")}
    |\b(?:te|le|ya)\s+(?:l[oa]s?\s+)?(?:hago|hice|hacemos|hicimos|aplico|aplique|aplicamos|doy|di|damos|consigo|consegui|dejo
        |deje|voy\s+a\s+(?:hacer|aplicar|dar)|puse|pongo|sumo|sume|agrego|agregue|regalo|regale|cargue|cargo)\s+
        (?:\w+\s+){{0,4}}?(?:descuento|descuentito|rebaja|bonificacion|precio\s+(?:especial|amigo|promocional|mayorista)
        |atencion|cupon|off|regalo|envio\s+gratis)\b
    |\bapliqu?(?:e|amos|ad[oa])\s+(?:\w+\s+){{0,3}}?(?:descuento|cupon|rebaja)\b
    |\bdescuento\s+(?:ya\s+)?(?:aplicado|hecho|cargado)"""
)
_GOODS = r"(?:pedido|compra|carrito|orden|link|factura|envio|pago|reclamo|cambio|devolucion)"
ORDERED = _words(
    rf"""(?:{said_of("arm", "carg", "cargu", "gener", "cre", "encarg", "encargu", "factur", "compr", "tramit")})
        (?=[^.!?\n]{{0,40}}\b{_GOODS}\b)
    |\b(?:hice|hicimos|tome|tomamos|arme|genere|cargue|cree|pase|inicie|abri|solicite|pedi)\s+(?:(?:tu|el|la|un|una)\s+)
        {_GOODS}\b
    |\b(?:pedido|compra|orden)\s+(?:ya\s+)?(?:qued[oa]|esta|fue)\s+
        (?:hech|list[oa]\b(?!\s+para)|cargad|tomad|armad|confirmad|realizad|registrad|generad)"""
)
REFUNDED = _words(
    rf"""{said_of("reembols", "reintegr", "acredit")}
    |\b(?:te|ya|le)\s+(?:l[oae]s?\s+)?(?:devuelvo|devolvi|devolvimos|devolvemos|hago|hice|hicimos)\s+(?:\w+\s+){{0,3}}?
        (?:plata|dinero|importe|reembolso|reintegro|devolucion|todo|pago|guita|total|nota\s+de\s+credito)\b
    |\b(?:reembolso|reintegro|devolucion)\s+(?:ya\s+)?(?:qued[oa]|esta|fue)\s+
        (?:hech|list|procesad|aprobad|realizad|en\s+marcha)|\bprocese\s+(?:tu|el|la)\b|\bprocesamos\s+tu\b"""
)
ASKED_AROUND = _words(
    rf"""\b{_OPTIONAL}(?:consulte|consulto|pregunte|pregunto|hable|verifique|chequee|confirme)\s+(?:\w+\s+){{0,2}}?
        (?:con|a|al|en)\s+(?:{CREW}|deposito|local|encargad\w+|duen\w+|fabrica|proveedor|correo|taller
        |el\s+(?:deposito|local|proveedor|correo|taller)|la\s+(?:fabrica|sucursal))
    |\b(?:recibi|recibimos|vi|vimos|me\s+llego|nos\s+llego|entro|ingreso)\s+(?:ya\s+)?(?:tu|el|la)\s+
        (?:pago|transferencia|comprobante|plata|dinero)
    |\btu\s+(?:pago|transferencia)\s+(?:ya\s+)?
        (?:entro|ingreso|se\s+acredito|esta\s+(?:acreditad|confirmad|aprobad)|fue\s+(?:acreditad|aprobad))
    |\b{TE}despach(?:e|amos)\b"""
)
DENIED = _words(
    r"""\b(?:no|tampoco|nunca|jamas|ni|sin)\s+(?:(?:me|te|se|le|les|l[oa]s?|nos|ya|aun|todavia|he|hemos|ha|habia|esta|estan
    |queda|quedo|fue|puedo|podemos|pude|voy|vamos|a|es|hay|tengo|tenemos|ningun|ninguna|nada|quedaron|estaba)\s+)*$"""
)
WANTED = _words(
    r"""\b(?:quer\w+|quier\w+|prefer\w+|necesit\w+|para|antes\s+de|hasta|pedi\w*|gustaria|hace\s+falta|espera\w*|dejas|dejame
    |podes|puedo|podria\w*|sugiero|recomiendo|conviene|mejor|a)\s+(?:\w+\s+)?que\s+
    (?:(?:yo|me|te|se|le|les|l[oa]s?|nos|alguien|una\s+persona)\s+)*$|\bque\s+(?:(?:te|l[oa]s?|le|les|se)\s+)*$"""
)
OFFERED = _words(
    r"""\bsi\s+(?:me\s+|te\s+|lo\s+|la\s+|vos\s+)?(?:quer\w+|quier\w+|gust\w+|parece|prefer\w+|sirve|interesa\w*|copa|pinta
    |necesit\w+|dec\w+|confirm\w+|pas\w+|avis\w+|elegis)
    |\b(?:decime|contame|avisame|pasame|confirmame|dejame|mandame|elegi|indicame)\b
    |\b(?:cuando|apenas|en\s+cuanto|una\s+vez\s+que)\s+(?:me\s+)?(?:lo\s+|la\s+)?
        (?:digas|confirmes|pases|quieras|elijas|decidas|tengas|avises|sepas|compres)
    |\bcualquier\s+(?:cosa|duda|inconveniente)\b|\bpuedo\b|\bpodemos\b|\bpodria\w*\b|\bpodes\b|\bte\s+gustaria"""
)
PAST = _words(
    r"""\b(?:ya|recien|listo|he|hemos|quedo|qued[ao]|fue|deje|hecho)\b|[a-z](?:e|i)$|\b(?:hice|hicimos|di|dimos|vi)\b
    |ad[oa]s?$"""
)
