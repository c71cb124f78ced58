"""From what the model said to what is sent: one to four bubbles that this run's tools stand behind."""

import re
from typing import Any

from nexus.gateways.tiendanube.parse import Item
from nexus.orchestrator_service.agent.cards import (
    card,
    card_alone,
    effective_price,
    fill_placeholders,
    found_product,
    short_list,
)
from nexus.orchestrator_service.agent.context import Findings
from nexus.orchestrator_service.agent.links import keep_allowed
from nexus.orchestrator_service.agent.reply import ModelBubble
from nexus.store.replies import NewBubble

MOST_BUBBLES = 4
LONGEST_TEXT = 4096
_MOST_SHOWN = 5

_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", re.DOTALL)
_STRONG = re.compile(r"(?<!\w)__(?=\S)(.+?)(?<=\S)__(?!\w)", re.DOTALL)
_LINK = re.compile(r"!?\[([^\]\n]*)\]\(\s*<?([^\s)>]+)>?[^)\n]*\)")
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n\s*\n")
_BREAKS = ("\n\n", "\n", ". ", " ")


def paragraphs(text: str) -> list[ModelBubble]:
    """A plain-text answer as bubbles: one for each block between blank lines."""
    return [ModelBubble(text=block, image_url=None) for block in _BLANK_LINES.split(text) if block.strip()]


def to_send(
    said: list[ModelBubble], findings: Findings, website: str | None, *, every_link: bool = False
) -> list[NewBubble]:
    """At most four bubbles; texts without markdown, of at most 4096 characters and with allowed links only, their
    placeholders filled; pictures only from `findings`. The first product is a card, its words those of code; further
    ones share a short list. Empty when nothing is left of what the model said. With `every_link` no link is taken out:
    so the gate reads what was said."""
    findings.unfilled.clear()
    bubbles: list[NewBubble] = []
    shown: list[tuple[Item, Item | None]] = []
    list_at = None
    for part in _parts(said):
        if part.image_url and part.image_url.strip() in findings.images:
            bubbles.append(NewBubble("image", part.image_url.strip()))
        bubbles += _from_text(fill_placeholders(part.text or "", findings), findings, website, every_link=every_link)
        if part.product_id is None:
            continue
        product = found_product(findings, part.product_id, part.variant_id) or found_product(findings, part.product_id)
        if product is None:
            findings.unfilled.append(f"{{ficha:{part.product_id}}}")
        elif not shown:
            bubbles.append(_card_bubble(*product))
            shown.append(product)
        elif product not in shown:
            list_at = len(bubbles) if list_at is None else list_at
            shown.append(product)
    if list_at is not None:
        bubbles.insert(list_at, NewBubble("text", short_list(shown[1:])))
    return at_most_four(_without_repeated_pictures(bubbles))


def products_in(bubbles: list[NewBubble], findings: Findings) -> list[dict[str, Any]]:
    """`{id, name, price}` of the found products whose name, link or picture the customer gets to see, as she sees
    them, at most five; the price is the effective one, None on request."""
    sent = "\n".join(f"{bubble.content}\n{bubble.caption or ''}" for bubble in bubbles)
    places = [
        (min(sent.find(mark) for mark in marks), item)
        for item in findings.products.values()
        if (marks := [mark for mark in (item["name"], item["url"], item["image_url"]) if mark and mark in sent])
    ]
    places.sort(key=lambda place: place[0])
    return [
        {"id": item["id"], "name": item["name"], "price": effective_price(item)} for _, item in places[:_MOST_SHOWN]
    ]


def plain(text: str) -> str:
    """Markdown as WhatsApp writes it: **b** is *b*, [text](url) is "text: url", headings lose their #."""
    text = _LINK.sub(_link_in_words, text)
    text = _BOLD.sub(r"*\1*", text)
    return _HEADING.sub("", _STRONG.sub(r"_\1_", text))


def _link_in_words(match: re.Match[str]) -> str:
    words, address = match[1].strip(), match[2]
    return address if words in ("", address) else f"{words}: {address}"


def _parts(said: list[ModelBubble]) -> list[ModelBubble]:
    """What was said, where a line that is nothing but a card's placeholder became a bubble with that product."""
    parts: list[ModelBubble] = []
    for bubble in said:
        lines = (bubble.text or "").split("\n")
        if not any(card_alone(line) for line in lines):
            parts.append(bubble)
            continue
        block: list[str] = []
        for line in lines:
            if product := card_alone(line):
                parts.append(ModelBubble(text="\n".join(block), product_id=product[0], variant_id=product[1]))
                block = []
            else:
                block.append(line)
        parts.append(bubble.model_copy(update={"text": "\n".join(block)}))
    return parts


def _card_bubble(item: Item, variant: Item | None) -> NewBubble:
    words = card(item, variant)
    return NewBubble("image", item["image_url"], caption=words) if item.get("image_url") else NewBubble("text", words)


def _from_text(text: str, findings: Findings, website: str | None, *, every_link: bool) -> list[NewBubble]:
    """One text bubble, cut where a line is nothing but a picture of this run, which becomes a picture."""
    bubbles: list[NewBubble] = []
    block: list[str] = []
    for line in [*plain(text).splitlines(), None]:
        picture = line is not None and line.strip() in findings.images
        if line is not None and not picture:
            block.append(line)
            continue
        whole = "\n".join(block)
        cleaned = _tidy(whole if every_link else keep_allowed(whole, findings.links, website))
        bubbles += [NewBubble("text", piece) for piece in pieces(cleaned)]
        block = []
        if line is not None:
            bubbles.append(NewBubble("image", line.strip()))
    return bubbles


def _tidy(text: str) -> str:
    lines = [re.sub(r"[ \t]+", " ", line).rstrip() for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def pieces(text: str) -> list[str]:
    """A text in pieces that WhatsApp takes, cut at a paragraph, line, sentence or word; none for an empty text."""
    found = []
    while len(text) > LONGEST_TEXT:
        ends = (
            text.rfind(mark, 1, LONGEST_TEXT) + len(mark.rstrip()) for mark in _BREAKS if mark in text[1:LONGEST_TEXT]
        )
        end = next(ends, LONGEST_TEXT)
        found.append(text[:end].strip())
        text = text[end:].strip()
    return [piece for piece in (*found, text) if piece]


def _without_repeated_pictures(bubbles: list[NewBubble]) -> list[NewBubble]:
    """Each bubble once, and a picture that has words under it anywhere only with them."""
    told = {bubble.content for bubble in bubbles if bubble.caption}
    return [bubble for bubble in dict.fromkeys(bubbles) if bubble.caption or bubble.content not in told]


def at_most_four(bubbles: list[NewBubble]) -> list[NewBubble]:
    """Join neighbouring texts while there are too many bubbles, then let go of the last pictures, then the rest.

    Of a picture with words under it the words stay, as a text.
    """
    bubbles = list(bubbles)
    while len(bubbles) > MOST_BUBBLES:
        pairs = [i for i in range(len(bubbles) - 1) if _joinable(bubbles[i], bubbles[i + 1])]
        pictures = [i for i, bubble in enumerate(bubbles) if bubble.message_type == "image"]
        wordless = [i for i in pictures if not bubbles[i].caption]
        if pairs:
            first = pairs[-1]
            joined = NewBubble("text", f"{bubbles[first].content}\n\n{bubbles[first + 1].content}")
            bubbles[first : first + 2] = [joined]
        elif pictures and not wordless:
            bubbles[pictures[-1]] = NewBubble("text", bubbles[pictures[-1]].caption or "")
        else:
            del bubbles[wordless[-1] if wordless else -1]
    return bubbles


def _joinable(one: NewBubble, other: NewBubble) -> bool:
    texts = one.message_type == other.message_type == "text"
    return texts and len(one.content) + len(other.content) + 2 <= LONGEST_TEXT
